# SPDX-License-Identifier: MIT
"""A task of peers that make it hard, and a sidecar of 64 MiB that looks at them."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

import harness
from lab import cgroups, roots
from lab.task import Task

# Of the sidecar and all its children, what of the file systems stays cached in the
# kernel for it included.
MEMORY = 64
# No test waits longer than this for a probe; each has ended long before.
HANG = 90
SLEEP = ["sleep", "3600"]


class Tools:
    """peer and hungfs, compiled for containers that have no libraries."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="taskprobe-tools-", dir="/var/tmp")
        for name in ("peer", "hungfs"):
            source = os.path.join(harness.TOP, "tests/tools", name + ".c")
            subprocess.run(["gcc", "-std=gnu17", "-O1", "-static", "-o",
                            self.path(name), source], check=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def done(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def image(self, files=None, **config):
        """busybox with the tools, and what else the test puts there."""
        layer = tempfile.mkdtemp(dir=self.directory) + "/layer"
        both = {"bin/" + name: roots.File(copy=self.path(name), mode=0o755)
                for name in ("peer", "hungfs")}
        return roots.busybox().with_files(layer, {**both, **(files or {})}, **config)


class Look:
    """What one run of the probe left."""

    def __init__(self, status, seconds, report, text, errors, peak):
        self.status, self.seconds, self.report = status, seconds, report
        self.text, self.errors, self.peak = text, errors, peak

    def facts(self, name):
        found = [f for f in self.report["facts"] if f["container"] == name]
        return found[0] if len(found) == 1 else None

    def part(self, name, part):
        facts = self.facts(name)
        return facts[part] if facts else {"known": None}

    def verdicts(self, name):
        return {f["control"]: (f["declared"], f["observed"], f["standing"])
                for f in self.report["findings"] if f["resource"]["name"] == name}


class Arena:
    """`peers`: container definitions; image "hostile" unless they say otherwise."""

    def __init__(self, tally, image, peers, side=None, flavour="ec2", tweaks=None,
                 images=None, **task):
        self.tally = tally
        containers = [{"image": "hostile", "command": SLEEP, **peer} for peer in peers]
        sidecar = {"name": "side", "image": "taskprobe", "user": "0",
                   "readonlyRootFilesystem": True, "memory": memory_limit(),
                   "command": ["agent", "--wait=0s", "--no-inventory"],
                   "mountPoints": [{"sourceVolume": "out", "containerPath": "/out"}],
                   **(side or {})}
        if not sidecar["memory"]:
            del sidecar["memory"]
        definition = {"family": "arena", "revision": 1, "networkMode": "awsvpc",
                      "pidMode": "task", "volumes": [{"name": "out"}],
                      "containerDefinitions": containers + [sidecar], **task}
        sidecar["environment"] = [{"name": "TASKPROBE_TASK_DEFINITION",
                                   "value": json.dumps(definition)}]
        self.task = Task(definition, flavour=flavour, tweaks=tweaks, images={
            "hostile": image, "taskprobe": roots.binary(harness.taskprobe(), user="0"),
            **(images or {})})

    def __enter__(self):
        self.task.up()
        return self

    def __exit__(self, *_):
        self.task.down()

    def await_ready(self, *names, seconds=HANG):
        """Until each has printed "ready"."""
        end = time.monotonic() + seconds
        for name in names:
            while "ready" not in self.task.stdout(name):
                if time.monotonic() > end or self.task.exit_status(name) is not None:
                    raise TimeoutError(f"{name}: {self.task.logs(name)}")
                time.sleep(0.01)

    def shared(self):
        """The volume at the sidecar's /out, as this process reaches it."""
        return f"/proc/{self.task.pid('side')}/root/out"

    def look(self, claim, *options):
        """Probes once. The claims that hold for every run are checked here."""
        out = self.shared() + "/report.json"
        if os.path.exists(out):
            os.unlink(out)
        began, peak = time.monotonic(), Peak(self.task.status("side")["cgroup"])
        try:
            status, text, errors = self.task.exec(
                "side", ["/taskprobe", "probe", "-f", "text", "-f",
                         "json=/out/report.json", *options], seconds=HANG)
        finally:
            anonymous = peak.stop()
        seconds = time.monotonic() - began
        report = read_report(out)
        check = self.tally.check
        check(f"{claim}: it ends with a status of its own", status in (0, 1, 3), True)
        if not check(f"{claim}: there is a report", report is not None, True):
            print(f"     status {status}: {errors}")
        check(f"{claim}: no control characters in the text",
              CONTROL.findall(text + errors), [])
        check(f"{claim}: nothing was killed for its memory", peak.kills(), 0)
        look = Look(status, seconds, report or {"facts": [], "findings": []}, text,
                    errors, anonymous)
        if self.tally.verbose:
            print(f"     {claim}: {seconds:.2f} s, {anonymous >> 10} KiB at most")
        return look


# All but the newline; and C1, of which some terminals make commands.
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]")


def read_report(path):
    try:
        with open(path, "rb") as file:
            return json.loads(file.read().decode("utf-8"))
    except (OSError, ValueError) as error:
        print(f"     {path}: {error}")
        return None


def memory_limit():
    """None for a build whose sanitizer takes more than that by itself."""
    with open(harness.taskprobe(), "rb") as file:
        return None if b"__asan_init" in file.read() else MEMORY


class Peak:
    """The most anonymous memory of a control group while this lives."""

    def __init__(self, group):
        self.group, self.most, self.over = group, 0, threading.Event()
        self.before = self._kills()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _files(self, name):
        for place in cgroups.hierarchies():
            path = f"{place}{self.group}/{name}"
            if os.path.exists(path):
                return path
        return None

    def _row(self, name, *keys):
        path = self._files(name)
        if path:
            with open(path, encoding="ascii") as file:
                for line in file:
                    key, value = line.split()
                    if key in keys:
                        return int(value)
        return 0

    def _watch(self):
        while not self.over.wait(0.005):
            self.most = max(self.most, self._row("memory.stat", "total_rss", "anon"))

    def _kills(self):
        return self._row("memory.oom_control", "oom_kill") + \
            self._row("memory.events", "oom_kill")

    def kills(self):
        return self._kills() - self.before

    def stop(self):
        self.over.set()
        self.thread.join()
        return self.most
