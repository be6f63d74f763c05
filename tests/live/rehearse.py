#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Does an app under `taskprobe rehearse` see what it would see on a read-only root?

Whole commands, and every notified call in every form (tests/tools/writes), run twice in
containers of the same image with Docker's default capabilities and filter: once on a root
that is read-only as Docker makes it, with real mounts; once on a writable one under
rehearse, with the same mounts in a plan. Exit status, output, messages and the files left
in the mounts have to be the same, as root and as uid 1000; and where CAP_SYS_ADMIN is
granted, under rehearse --real too."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import harness
import written
from lab import roots
from lab.task import Task
from rehearse_commands import COMMANDS
from trace_programs import small_package

HANG = 600
UIDS = (0, 1000)
# They say so, and exit with 125, where a process that gave up its uid cannot be followed.
INVALID = {"apt"}
# Under --real CAP_SYS_ADMIN is the app's, too.
OTHERWISE_REAL = {"xattr"}
# What is random, or the time.
RANDOM = [(r"/etc/sed\w{6}", "/etc/sed*"), (r"/tmp/tmp\.\w{10}", "/tmp/tmp.*"),
          (r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", "TIME"), (r"\d+#\d+", "PID"),
          (r"taskprobe: rehearse: invalid: the exit status is 125; the app's was \d+\n", "")]

# Runs each command, and says of each what came of it.
DRIVER = r'''
import json, os, shutil, subprocess, sys
how, plan, names = sys.argv[1], sys.argv[2], sys.argv[3:]
commands = json.load(open("/lab/commands.json"))
PLACES = ("/work", "/data", "/scratch", "/tmp")

def files():
    found = []
    for place in PLACES:
        for top, directories, names in os.walk(place):
            for path in [top] + [os.path.join(top, n) for n in names]:
                st = os.lstat(path)
                found.append((path, oct(st.st_mode), st.st_uid, st.st_nlink if not os.path.isdir(path) else 0,
                              os.readlink(path) if os.path.islink(path) else ""))
    return sorted(found)

def clean():
    for place in (*PLACES, "/outer"):
        for name in os.listdir(place):
            if (place, name) == ("/outer", "inner"):
                continue
            path = os.path.join(place, name)
            (shutil.rmtree if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)

start = {place: os.stat(place) for place in PLACES}
for name in names or commands:
    words = ["sh", "-c", commands[name]]
    if how != "truth":
        words = ["/taskprobe", "rehearse", *(["--real"] if how == "real" else []),
                 *(["--plan", plan] if plan != "-" else []),
                 "-f", "json=/out/document", "-f", "text=/out/page", "--", *words]
    done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, cwd="/", timeout=120)
    said = {"name": name, "status": done.returncode,
            "out": done.stdout.decode("utf-8", "backslashreplace"),
            "err": done.stderr.decode("utf-8", "backslashreplace"), "files": [] if how == "real" else files()}
    if how != "truth":
        with open("/out/document") as file:
            said["document"] = json.load(file)
    print(json.dumps(said), flush=True)
    if how != "real":
        clean()
        for place, st in start.items():
            if os.stat(place).st_uid != st.st_uid:
                os.chown(place, st.st_uid, st.st_gid)
            if os.stat(place).st_mode != st.st_mode:
                os.chmod(place, st.st_mode & 0o7777)
'''


def mounts_for(uid):
    """(path, options, owner, mode)"""
    return [("/work", ["exec", "mode=1777"], 0, 0o1777),
            ("/data", ["exec", f"uid={uid}", f"gid={uid}", "mode=755"], uid, 0o755),
            ("/scratch", ["mode=1777"], 0, 0o1777),
            ("/tmp", ["exec", "mode=1777"], 0, 0o1777),
            ("/outer", ["exec", "mode=1777"], 0, 0o1777),
            ("/outer/inner", ["exec", "mode=1777"], 0, 0o1777)]


def definition_tmpfs(uid):
    return [{"containerPath": path, "size": 64, "mountOptions": options}
            for path, options, _, _ in mounts_for(uid)]


def plan_of(mounts):
    return {"schema": "taskprobe.plan/1", "container": "app", "mounts": [
        {"path": path, "kind": "tmpfs", "uid": uid, "gid": uid, "mode": mode,
         "size_mib": 64, "options": options} for path, options, uid, mode in mounts]}


def make_layer(place, uid):
    os.makedirs(place + "/lab")
    for path, _, owner, mode in mounts_for(uid):
        os.makedirs(place + path)
        os.chown(place + path, owner, owner)
        os.chmod(place + path, mode)
    os.makedirs(place + "/srv/py")
    for name, text in (("/lab/commands.json", json.dumps(COMMANDS)),
                       ("/lab/driver.py", DRIVER),
                       ("/lab/plan.json", json.dumps(plan_of(mounts_for(uid)))),
                       ("/srv/py/mod.py", "x = 2\n"), ("/srv/there.db", ""),
                       ("/etc/app.conf", "a = 1\n")):
        os.makedirs(os.path.dirname(place + name), exist_ok=True)
        with open(place + name, "w", encoding="utf-8") as file:
            file.write(text)


class Arena:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="taskprobe-rehearse-", dir="/var/tmp")
        os.chmod(self.directory, 0o755)
        self.binary = roots.binary(harness.taskprobe(), user="0")
        debian = roots.programs()
        package = small_package(self.directory)
        self.images = {}
        for uid in UIDS:
            layer = os.path.join(self.directory, f"layer-{uid}")
            make_layer(layer, uid)
            self.images[f"programs-{uid}"] = roots.Image(
                "programs", [layer, package, *self.binary.layers, *debian.layers],
                debian.config)

    def done(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def container(self, name, image, uid, command, readonly, tmpfs, add=()):
        """Its definition, and the directory that is its /out."""
        out = os.path.join(self.directory, "out", name)
        os.makedirs(out)
        os.chmod(out, 0o777)
        linux = {"tmpfs": tmpfs, "capabilities": {"add": list(add)}}
        return {"name": name, "image": image, "user": str(uid), "command": command,
                "readonlyRootFilesystem": readonly, "linuxParameters": linux,
                "environment": [{"name": "HOME", "value": "/work"},
                                {"name": "LC_ALL", "value": "C.UTF-8"}]}, \
            {"binds": [[out, "/out", "rw"]]}

    def run(self, containers):
        """{name: (status, stdout, stderr)}"""
        definition = {"family": "rehearse", "revision": 1, "networkMode": "none",
                      "containerDefinitions": [one for one, _ in containers]}
        tweaks = {one["name"]: tweak for one, tweak in containers}
        with Task(definition, images=self.images, tweaks=tweaks) as task:
            return {one["name"]: (task.wait(one["name"], HANG), task.stdout(one["name"]),
                                  task.stderr(one["name"])) for one, _ in containers}


def plain(text):
    for pattern, word in RANDOM:
        text = re.sub(pattern, word, text)
    return text


def describe(one, label):
    """Which files are left is not seen from outside the namespace of --real."""
    said = {key: plain(str(one[key])) for key in ("status", "out", "err", "files")}
    for key in ("status",) * (one["name"] in INVALID) + ("files",) * label.startswith("real"):
        del said[key]
    return said


def compare_commands(tally, label, truth, found):
    """Each difference is one failure."""
    different = 0
    for real, ours in zip(truth, found):
        name = real["name"]
        document = ours["document"]
        invalid = name in INVALID and document["unresolved"] > 0
        tally.check(f"{label} {name}: valid, {document['invalid']}", document["valid"],
                    not invalid)
        if invalid:
            tally.check(f"{label} {name}: it says so", ours["status"], 125)
        if label.startswith("real") and name in OTHERWISE_REAL:
            continue
        theirs, mine = describe(real, label), describe(ours, label)
        if tally.check(f"{label} {name}: the same", theirs == mine, True):
            continue
        different += 1
        for key in theirs:
            if theirs[key] != mine[key]:
                print(f"     {key} on a read-only root: {theirs[key]!r}"[:1500])
                print(f"     {key} rehearsed:           {mine[key]!r}"[:1500])
    print(f"{label}: {len(truth)} commands, {different} different")
    tally.check(f"{label}: as many", len(found), len(truth))


def told(outcome):
    status, out, err = outcome
    if status != 0:
        print(f"the driver: {status} {err[-2000:]}")
    return [json.loads(line) for line in out.splitlines()]


def test_commands(tally, arena, uid, chosen):
    """On the real mounts; under rehearse; and under rehearse --real."""
    def command(how, plan):
        return ["python3", "/lab/driver.py", how, plan, *chosen]

    image = f"programs-{uid}"
    runs = [arena.container(f"truth-{uid}", image, uid, command("truth", "-"), True,
                            definition_tmpfs(uid)),
            arena.container(f"ours-{uid}", image, uid, command("rehearse", "/lab/plan.json"),
                            False, [])]
    if uid == 0:
        runs.append(arena.container("real", image, uid, command("real", "/lab/plan.json"),
                                    False, [], ["SYS_ADMIN"]))
    found = {name: told(outcome) for name, outcome in arena.run(runs).items()}
    truth = found[f"truth-{uid}"]
    tally.check(f"uid {uid}: all ran", len(truth), len(chosen or COMMANDS))
    compare_commands(tally, f"uid {uid}", truth, found[f"ours-{uid}"])
    refused = sum(1 for one in found[f"ours-{uid}"] if one["document"]["refused"])
    tally.check(f"uid {uid}: most are refused something", refused * 2 > len(truth), True)
    if uid == 0:
        for one in found["real"]:
            tally.check(f"real {one['name']}: how", one["document"]["how"], "real")
        compare_commands(tally, "real", truth, found["real"])


# --- call by call ---

def make_writes(arena, uid):
    layer = os.path.join(arena.directory, f"writes-{uid}")
    for name in ("etc", "vol", "proc", "dev", "lab"):
        os.makedirs(f"{layer}/{name}")
    os.chmod(layer + "/vol", 0o1777)
    for build in ("static", "i386"):
        shutil.copy(written.compile_writes(arena.directory, (build,))[build],
                    f"{layer}/writes-{build}")
        subprocess.run(["chroot", layer, f"/writes-{build}", "setup", str(uid)], check=True)
    with open(layer + "/lab/plan.json", "w", encoding="utf-8") as file:
        json.dump(plan_of([("/vol", ["mode=1777"], 0, 0o1777)]), file)
    busybox = roots.busybox()
    arena.images[f"writes-{uid}"] = roots.Image(
        "writes", [layer, *arena.binary.layers, *busybox.layers], busybox.config)


def words(line):
    return line.get("what") or line.get("hidden") or line.get("executed") or str(line)


def compare_calls(tally, label, truth, ours, document):
    """What a process that closed itself does by descriptor cannot be followed without
    SYS_PTRACE: then the rehearsal is invalid, and nothing else may differ."""
    lines = list(zip(written.lines_of(truth), written.lines_of(ours)))
    wrong = [f"{words(a)}: {a.get('errno')} on a read-only root, {b.get('errno')} rehearsed"
             for a, b in lines
             if (words(a), a.get("errno")) != (words(b), b.get("errno"))]
    closed = [line for line in wrong if line.startswith("closed/")]
    if not document["valid"]:
        wrong = [line for line in wrong if line not in closed]
    tally.check(f"{label}: valid unless something was not followed", document["valid"],
                document["unresolved"] == 0)
    tally.check(f"{label}: what was not followed is counted",
                document["unresolved"] >= len(closed), True)
    for line in wrong[:20]:
        print("     " + line[:300])
    print(f"{label}: {len(lines)} calls, {len(wrong)} different, "
          f"{document['unresolved']} not followed")
    tally.check(f"{label}: differences", len(wrong), 0)
    tally.check(f"{label}: as many lines", len(written.lines_of(ours)),
                len(written.lines_of(truth)))
    tally.check(f"{label}: enough", len(lines) > 2000, True)


def test_calls(tally, arena, uid):
    make_writes(arena, uid)
    image, volume = f"writes-{uid}", [{"containerPath": "/vol", "size": 16,
                                       "mountOptions": ["mode=1777"]}]
    runs, builds = [], ("static", "i386")
    for build in builds:
        app = [f"/writes-{build}", "run"]
        # Processes that closed themselves can be followed with it alone.
        add = ["SYS_PTRACE"] if uid == 0 else []
        ours = ["/taskprobe", "rehearse", "-f", "text=/out/page", "-o", "/out/document"]
        runs += [arena.container(f"truth-{build}-{uid}", image, uid, app, True, volume, add),
                 arena.container(f"there-{build}-{uid}", image, uid, [*ours, "--", *app], False,
                                 volume, add),
                 arena.container(f"planned-{build}-{uid}", image, uid,
                                 [*ours, "--plan", "/lab/plan.json", "--", *app], False, [],
                                 add)]
    found = arena.run(runs)
    for build in builds:
        status, truth, _ = found[f"truth-{build}-{uid}"]
        tally.check(f"uid {uid} {build}: the truth's end", status, 0)
        for how in ("there", "planned"):
            label = f"uid {uid} {build} {how}"
            status, ours, err = found[f"{how}-{build}-{uid}"]
            with open(f"{arena.directory}/out/{how}-{build}-{uid}/document",
                      encoding="utf-8") as file:
                document = json.load(file)
            if not tally.check(f"{label}: its end", status, 0 if uid == 0 else 125):
                print(err[-1500:])
            compare_calls(tally, label, truth, ours, document)


def examine(tally, arena):
    words = harness.words()
    commands = [word for word in words if word in COMMANDS]
    for uid in UIDS:
        if not words or commands:
            test_commands(tally, arena, uid, commands)
        if not words or "calls" in words:
            test_calls(tally, arena, uid)


def main():
    """Arguments: "calls", names of commands; none: all of it."""
    return harness.in_arena(Arena, examine)


if __name__ == "__main__":
    sys.exit(main())
