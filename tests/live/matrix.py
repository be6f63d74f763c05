#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The live matrix: real containers, declared as they are and declared wrongly, looked
at by sidecars with and without the means to see. Every standing is compared with what
model.py works out.

matrix.py [-v] [ROUND...]    $TASKPROBE names the binary, default: the dev build
"""
import json
import os
import shutil
import socket
import sys
import tempfile
import time

import harness
import model
import schema
from lab import roots
from lab.task import Task

FAMILY, REVISION = "matrix", 4
HANG = 120


class Place:
    """A directory of the machine for what the apps are given."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="taskprobe-matrix-", dir="/var/tmp")
        os.chmod(self.path, 0o755)
        self.host = self.path + "/host"
        os.mkdir(self.host)
        os.chmod(self.host, 0o777)
        self.socket = self.path + "/docker.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.socket)
        self.definitions = self.path + "/definitions"
        os.mkdir(self.definitions)

    def images(self, binary):
        """Every app's image has the binary in it too, for `probe --exec`."""
        base = roots.busybox()
        base = base.with_files(self.path + "/layer", {
            "facts": roots.File(directory=True, mode=0o1777)})
        base = roots.Image("app", base.layers + roots.binary(binary).layers, base.config)
        suid = base.with_files(self.path + "/setuid", {
            "srv/su": roots.File(copy="/bin/busybox", mode=0o4755)})
        keys = base.config["Env"] + [model.KEY + "=x"]
        plain = roots.binary(binary)
        return {"app": base, "user": base.with_config(User="1000:1000"), "setuid": suid,
                "keys": base.with_config(Env=keys), "taskprobe": plain,
                "taskprobe-file": roots.binary(binary, capabilities=model.PTRACE)}

    def done(self):
        self.listener.close()
        shutil.rmtree(self.path, ignore_errors=True)


def without_nulls(container):
    return {key: value for key, value in container.items() if value is not None}


def container_of(app, wrong=False):
    definition = {"name": app.name, "image": app.image, "command": app.command,
                  **app.definition}
    return without_nulls({**definition, **(app.wrong if wrong else {})})


def container_of_sidecar(sidecar, extra=()):
    lists = {"add": list(sidecar.add), "drop": list(sidecar.drop)}
    image = "taskprobe-file" if sidecar.file_capability else "taskprobe"
    return {"name": sidecar.name, "image": image, "user": sidecar.user,
            "readonlyRootFilesystem": True, "linuxParameters": {"capabilities": lists},
            "command": ["agent", "--once", "-f", "json", "--wait", "20s", *extra]}


class Round:
    """One task, looked at by several sidecars one after the other, each with a true and
    a false definition."""

    factory = staticmethod(Task)

    def __init__(self, name, place, sidecars, pid_mode="task", network="awsvpc",
                 flavour="ec2", within=False, skip=()):
        self.name, self.place, self.sidecars = name, place, sidecars
        self.pid_mode, self.network, self.flavour = pid_mode, network, flavour
        self.within = within
        self.apps = [a for a in model.apps(place.host, place.socket) if a.name not in skip]
        self.volumes = [{"name": "host", "host": {"sourcePath": place.host}},
                        {"name": "empty"}, {"name": "facts"}]

    def definition(self, containers, wrong=False):
        """The wrong one promises the opposite of pidMode and networkMode too."""
        pid, network = self.pid_mode, self.network
        if wrong:
            pid = "task" if pid == "host" else "host"
            network = "awsvpc" if network == "host" else "host"
        return without_nulls({"family": FAMILY, "revision": REVISION, "pidMode": pid,
                              "networkMode": network, "volumes": self.volumes,
                              "containerDefinitions": containers})

    def app_containers(self, wrong=False):
        containers = [container_of(app, wrong) for app in self.apps]
        if self.within:
            for container in containers:
                container["command"] = [
                    "/taskprobe", "probe", "--exec", "-o",
                    f"/facts/{container['name']}.json", "--", *container["command"]]
                container["mountPoints"] = container.get("mountPoints", []) + [
                    {"sourceVolume": "facts", "containerPath": "/facts"}]
        return containers

    def sidecar_container(self, sidecar, wrong):
        extra = ["--facts", "/facts"] if self.within else []
        container = container_of_sidecar(sidecar, extra)
        container["name"] += "-wrong" if wrong else ""
        if self.within:
            container["mountPoints"] = [{"sourceVolume": "facts", "readOnly": True,
                                         "containerPath": "/facts"}]
        return container

    def run(self, tally, images):
        pairs = [(s, wrong) for s in self.sidecars for wrong in (False, True)]
        sides = {(s.name, wrong): self.sidecar_container(s, wrong) for s, wrong in pairs}
        tweaks = {app.name: app.tweaks for app in self.apps}
        for (_, wrong), side in sides.items():
            file = f"{self.place.definitions}/{self.name}-{side['name']}.json"
            with open(file, "w", encoding="utf-8") as out:
                json.dump(self.definition(self.app_containers(wrong) + [side], wrong), out)
            os.chmod(file, 0o644)
            tweaks[side["name"]] = {
                "later": True, "binds": [[file, "/taskdef.json", "ro"]],
                "environment": {"TASKPROBE_TASK_DEFINITION_FILE": "/taskdef.json"}}
        whole = self.definition(self.app_containers() + list(sides.values()))
        combinations = 0
        with self.factory(whole, flavour=self.flavour, images=images, tweaks=tweaks) as task:
            self.await_ready(task)
            for (name, wrong), side in sides.items():
                task.start(side["name"])
                status = task.wait(side["name"], HANG)
                sidecar = next(s for s in self.sidecars if s.name == name)
                combinations += self.judge(tally, sidecar, wrong, status,
                                           task.stdout(side["name"]),
                                           task.stderr(side["name"]))
        return combinations

    def await_ready(self, task):
        end = time.monotonic() + HANG
        for app in self.apps:
            while "ready" not in task.logs(app.name):
                if time.monotonic() > end or task.exit_status(app.name) is not None:
                    raise RuntimeError(f"{app.name} is not ready: {task.logs(app.name)}")
                time.sleep(0.01)
            if not app.dumpable:  # "ready" comes before it drops
                while uid_of(task.pid(app.name)) != app.uid and time.monotonic() < end:
                    time.sleep(0.01)

    def judge(self, tally, sidecar, wrong, status, output, errors):
        label = f"{self.name}: {sidecar.name}, declared {'wrongly' if wrong else 'as it is'}"
        try:
            report = json.loads(output)
        except ValueError:
            tally.check(f"{label}: JSON", (status, output[-500:], errors[-500:]), None)
            return 0
        if os.environ.get("TASKPROBE_KEEP"):
            with open(f"{os.environ['TASKPROBE_KEEP']}/{self.name}-{sidecar.name}"
                      f"{'-wrong' if wrong else ''}.json", "w", encoding="utf-8") as out:
                out.write(output)
        tally.check(f"{label}: schema", schema.errors(report, "report"), [])
        findings = {(f["resource"]["name"], f["control"]): f for f in report["findings"]}
        for app in self.apps:
            self.judge_app(tally, label, findings, sidecar, app, wrong)
        self.judge_task(tally, label, report, wrong)
        tally.check(f"{label}: exit status", status, exit_status(report))
        return len(self.apps)

    def judge_app(self, tally, label, findings, sidecar, app, wrong):
        shared = self.pid_mode in ("task", "host")
        seen = model.ALL if self.within else model.sight(sidecar, app, shared)
        truth = model.observed(self.at_the_start(app), seen, self.flavour == "fargate",
                               writable_facts=self.within)
        if self.within and self.pid_mode and model.sight(sidecar, app, shared) < model.INSIDE:
            # Mounts that the sidecar saw in part stay its own: whether one of them is a
            # socket may be left open, but not answered wrongly.
            truth["TP.4"] = truth["TP.4"] | {model.UNKNOWN}
        said = model.declared(container_of(app, wrong))
        for control, right in self.right(app, truth).items():
            finding = findings.get((app.name, control))
            if not tally.check(f"{label}: {control} of {app.name} is there",
                               finding is not None, True):
                continue
            place = f"{label}: {control} of {app.name}"
            if not tally.check(f"{place}: observed is one of {sorted(right)}, "
                               f"{finding.get('observed_text')}",
                               finding["observed"] in right, True):
                print(f"     got {finding['observed']}")
                continue
            if control in said:
                tally.check(f"{place}: declared", finding["declared"], said[control])
            tally.check(f"{place}: standing", finding["standing"],
                        model.standing(said.get(control, finding["declared"]),
                                       finding["observed"]))

    def right(self, _, truth):
        """For a runtime with peculiarities."""
        return truth

    def at_the_start(self, app):
        """`probe --exec` looks before an entry point drops anything; a sidecar that sees
        the process too takes its own word for what it runs as now."""
        if not self.within or self.pid_mode or app.started == app.uid:
            return app
        return model.dataclasses.replace(app, uid=app.started, permitted=app.bounding,
                                         dumpable=True)

    def judge_task(self, tally, label, report, wrong):
        findings = {f["control"]: f for f in report["findings"]
                    if f["resource"]["type"] == "task"}
        host = self.pid_mode == "host"
        declared_host = host != wrong
        for control in ("ECS.3", "CIS.3.3"):
            tally.check(f"{label}: {control}", findings[control]["standing"],
                        model.standing(model.good(not declared_host), model.good(not host)))
        host = self.network == "host"
        finding = findings["ECS.17"]
        right = {model.FAIL} if host else {model.PASS, model.UNKNOWN}
        tally.check(f"{label}: ECS.17 is one of {sorted(right)}",
                    finding["observed"] in right, True)
        tally.check(f"{label}: ECS.17 standing", finding["standing"], model.standing(
            model.good(host == wrong), finding["observed"]))


def uid_of(pid):
    return os.stat(f"/proc/{pid}").st_uid if not os.path.exists(f"/proc/{pid}/status") else \
        int(next(line for line in open(f"/proc/{pid}/status", encoding="utf-8")
                 if line.startswith("Uid:")).split()[1])


def exit_status(report):
    """design.md, section 4, of the findings in the report: what counts at high."""
    high = ("high", "critical")
    bad = [f for f in report["findings"] if f["severity"] in high and not f["self"] and (
        f["standing"] in ("contradicted", "failed") or
        f["standing"] == "declared-only" and f["declared"] == model.FAIL or
        f["standing"] == "observed-only" and f["observed"] == model.FAIL)]
    return 1 if bad else 0


def rounds(place):
    by = {s.name: s for s in model.SIDECARS}
    one_port = ("drop-inside",)  # on the machine's own network its port may be taken
    return [
        Round("task", place, model.SIDECARS),
        Round("host", place, [by["as-root"], by["as-app"], by["as-other-file"]],
              pid_mode="host"),
        Round("none", place, [by["as-root-ptrace"], by["as-app"]], pid_mode=None),
        Round("hostnet", place, [by["as-app"]], network="host", skip=one_port),
        Round("within", place, [by["as-other"]], pid_mode=None, within=True),
        Round("within-task", place, [by["as-app"]], within=True),
    ]


def run_rounds(make, words):
    """All rounds, or those named; the rest of main() for the podman part too."""
    harness.need_root()
    binary = harness.taskprobe()
    names = [w for w in words if not w.startswith("-")]
    tally = harness.Tally("-v" in words)
    before = harness.machine()
    place = Place()
    try:
        images = place.images(binary)
        for one in make(place):
            if names and one.name not in names:
                continue
            started = time.monotonic()
            combinations = 0
            try:
                combinations = one.run(tally, images)
            except Exception:  # the other rounds still run
                tally.crashed(one.name)
            print(f"{one.name}: {combinations} combinations in "
                  f"{time.monotonic() - started:.1f} s", flush=True)
    finally:
        place.done()
    tally.check("the machine is as before", harness.left_behind(before), [])
    return tally.end()


if __name__ == "__main__":
    sys.exit(run_rounds(rounds, sys.argv[1:]))
