#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Is what `taskprobe trace` records complete? tests/tools/writes performs every notified
call in every form and says what it did; the inventory has to say the same: nothing
missing, nothing extra, counted alike. In containers with Docker's default capabilities
and filter, as root, as uid 1000, and as root that becomes uid 1000.

What the program says of a read-only root is no guess either: it runs on one, too."""
import os
import shutil
import subprocess
import sys
import tempfile

import harness
import written
from lab import roots
from lab.task import Task

HANG = 300
MOST_PRINTED = int(os.environ.get("MOST_PRINTED", "20"))
WIDTH = 240
# (who, build, user of the container, command of the app)
ALL = [(who, build) for build in ("dynamic", "static", "musl", "i386")
        for who in ("root", "user", "drop")
        if who == "root" or build in ("dynamic", "i386")]
TRUTHS = [("root", "static"), ("root", "i386"), ("user", "static"), ("user", "i386")]


def make_layer(place, programs, uid):
    """What the program writes into, made by itself; and the program in each build."""
    for name in ("etc", "vol", "proc", "dev"):
        os.makedirs(f"{place}/{name}")
    for build, path in programs.items():
        shutil.copy(path, f"{place}/writes-{build}")
        for library in roots.libraries(path):
            os.makedirs(os.path.dirname(place + library), exist_ok=True)
            shutil.copy(library, place + library)
    for build in ("static", "i386"):
        subprocess.run(["chroot", place, f"/writes-{build}", "setup", str(uid)], check=True)


def container(who, build, trace):
    words = [f"/writes-{build}", "run"]
    if who == "drop":
        words = [f"/writes-{build}", "as", "1000", *words]
    if trace:
        words = ["/taskprobe", "trace", "-o", "/out/inventory", "--", *words]
    return {"name": f"{who}-{build}-{'trace' if trace else 'truth'}",
            "image": "root" if who == "root" else "user",
            "user": "1000" if who == "user" else "0", "command": words,
            "readonlyRootFilesystem": not trace,
            "linuxParameters": {"tmpfs": [{"containerPath": "/vol", "size": 16,
                                           "mountOptions": ["mode=1777"]}]}}


class Arena:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="taskprobe-complete-", dir="/var/tmp")
        os.chmod(self.directory, 0o755)
        programs = written.compile_writes(self.directory)
        binary = roots.binary(harness.taskprobe(), user="0")
        self.images = {}
        for name, uid in ("root", 0), ("user", 1000):
            layer = os.path.join(self.directory, name)
            make_layer(layer, programs, uid)
            busybox = roots.busybox()
            self.images[name] = roots.Image(name, [layer, *binary.layers, *busybox.layers],
                                            busybox.config)

    def done(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def task(self, containers):
        tweaks = {}
        for one in containers:
            out = os.path.join(self.directory, "out", one["name"])
            os.makedirs(out)
            os.chmod(out, 0o777)
            tweaks[one["name"]] = {"binds": [[out, "/out", "rw"]]}
        definition = {"family": "complete", "revision": 1, "networkMode": "none",
                      "containerDefinitions": containers}
        return Task(definition, images=self.images, tweaks=tweaks)

    def inventory(self, name):
        with open(os.path.join(self.directory, "out", name, "inventory"), "rb") as file:
            return file.read()


def complain(tally, claim, lines):
    for line in lines[:MOST_PRINTED]:
        middle = "..." if len(line) > 2 * WIDTH else ""
        print(f"     {line[:WIDTH] + middle + line[-WIDTH:] if middle else line}")
    if len(lines) > MOST_PRINTED:
        print(f"     and {len(lines) - MOST_PRINTED} more")
    tally.check(claim, len(lines), 0)


def judge_run(tally, arena, task, name):
    status = task.wait(name, HANG)
    if not tally.check(f"{name}: its end", status, 0):
        print(task.stderr(name)[-2000:])
    said = task.stdout(name)
    if not said:
        return said
    lines, mine, theirs = written.differences(said, arena.inventory(name))
    complain(tally, f"{name}: differences", lines)
    print(f"{name}: {mine.effects} effects on {len(mine.words)} paths, {mine.nothings} calls "
          f"without one, {mine.hidden} hidden; {theirs.events} events")
    if lines:
        print(task.stderr(name)[-1000:])
    for (what, why), times in written.skips(mine).items():
        print(f"{name}: skipped {times} times {what}: {why}")
    tally.check(f"{name}: it did something", mine.effects > 2000, True)
    return said


def test_complete(tally, arena, runs):
    said = {}
    with arena.task([container(who, build, True) for who, build in runs]) as task:
        for who, build in runs:
            said[who, build] = judge_run(tally, arena, task, f"{who}-{build}-trace")
    return said


def test_truth(tally, arena, said):
    with arena.task([container(who, build, False) for who, build in TRUTHS]) as task:
        for who, build in TRUTHS:
            name = f"{who}-{build}-truth"
            tally.check(f"{name}: its end", task.wait(name, HANG), 0)
            native = said.get((who, build)) or said[who, "dynamic"]
            wrong, asked = written.untruths(native, task.stdout(name))
            complain(tally, f"{name}: not so on a read-only root", wrong)
            print(f"{name}: {asked} calls asked on a read-only root")
            tally.check(f"{name}: it asked", asked > 2000, True)


def examine(tally, arena):
    chosen = [run for run in ALL if "-".join(run) in harness.words()]
    said = test_complete(tally, arena, chosen or ALL)
    if not chosen:
        test_truth(tally, arena, said)


def main():
    """Arguments: runs as "root-static"; none: all of them."""
    return harness.in_arena(Arena, examine)


if __name__ == "__main__":
    sys.exit(main())
