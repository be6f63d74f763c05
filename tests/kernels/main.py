#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Old kernels: is the inventory complete, does the app live on, is the oracle right?

    main.py [--short] [NAME...]     bullseye (5.10), bookworm (6.1), trixie (6.12), and
                                    "here": this machine's own, in a container

A row for each. The kernels are Debian's cloud kernels, kept in build/kernels, and run
under qemu without its help from the hardware. $TASKPROBE is the binary; its libraries
go with it if it is not static."""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [TOP, os.path.join(TOP, "tests/live")]

import harness  # noqa: E402
import written  # noqa: E402
from lab import roots  # noqa: E402
from lab.task import Task  # noqa: E402

KERNELS = ["bullseye", "bookworm", "trixie", "here"]
HANG = 1800
SHOWN = 12


def put(path, place, name):
    target = os.path.join(place, "bin", name)
    shutil.copy(path, target)
    for library in roots.libraries(path):
        os.makedirs(os.path.dirname(place + library), exist_ok=True)
        if not os.path.exists(place + library):
            shutil.copy(library, place + library)


def make_guest(place):
    """What is in the image beside busybox."""
    for name in ("bin", "kernels", "etc"):
        os.makedirs(os.path.join(place, name))
    tools = os.environ.get("TASKPROBE_TOOLS") or os.path.join(TOP, "build/dev/tests")
    put(harness.taskprobe(), place, "taskprobe")
    for name in ("oracle_peer", "life_app"):
        if not os.access(os.path.join(tools, name), os.X_OK):
            harness.skip(f"{tools}/{name} is not built")
        put(os.path.join(tools, name), place, name)
    with tempfile.TemporaryDirectory() as directory:
        for build, path in written.compile_writes(directory, ("static", "i386")).items():
            put(path, place, "writes-" + build)
    for name in ("inside.sh", "life.sh"):
        shutil.copy(os.path.join(HERE, name), os.path.join(place, "kernels", name))
    with open(place + "/etc/passwd", "w", encoding="ascii") as file:
        file.write("root:x:0:0:root:/root:/bin/sh\n")


def boot(name, guest, out, short):
    """Under qemu. 0, or what went wrong."""
    kernel = os.path.join(TOP, "build/kernels", name)
    done = subprocess.run([HERE + "/fetch.sh", name, kernel], check=False,
                          capture_output=True, text=True)
    if done.returncode != 0:
        return "no kernel: " + done.stderr.strip()[-300:]
    command = "sh /kernels/inside.sh" + (" short" if short else "")
    done = subprocess.run([HERE + "/boot.sh", kernel, guest, str(HANG), out, command],
                          check=False, capture_output=True, text=True)
    if done.returncode == 0:
        print(done.stdout, end="", flush=True)
    return (done.stdout + done.stderr)[-2000:] if done.returncode else ""


def here(guest, out, short):
    """The same on this kernel, in a container that may mount."""
    image = roots.Image("guest", [guest, *roots.busybox().layers], roots.busybox().config)
    container = {"name": "guest", "image": "guest", "privileged": True,
                 "command": ["sh", "/kernels/inside.sh", *(["short"] if short else [])],
                 "linuxParameters": {"tmpfs": [{"containerPath": "/vol", "size": 16,
                                                "mountOptions": ["mode=1777"]}]}}
    definition = {"family": "kernels", "revision": 1, "networkMode": "none",
                  "containerDefinitions": [container]}
    with Task(definition, images={"guest": image},
              tweaks={"guest": {"binds": [[out, "/out", "rw"]]}}) as task:
        status = task.wait("guest", HANG)
        return task.logs("guest")[-2000:] if status else ""


def read(out, name):
    try:
        with open(os.path.join(out, name), "rb") as file:
            return file.read()
    except OSError:
        return b""


def judge_written(tally, kernel, out, name):
    """"3294 effects" of one run, or "FAILED"."""
    said, inventory = read(out, name + ".said"), read(out, name + ".inventory")
    tally.check(f"{kernel}: {name}: its end", read(out, name + ".status").strip(), b"0")
    if not said or not inventory:
        tally.check(f"{kernel}: {name}: it ran", read(out, name + ".stderr")[-500:], "")
        return "FAILED"
    lines, mine, _ = written.differences(said, inventory)
    for line in lines[:SHOWN]:
        print(f"     {line}")
    good = tally.check(f"{kernel}: {name}: differences", len(lines), 0)
    return f"{mine.effects}" if good else f"{len(lines)} WRONG"


def judge_summary(tally, kernel, out, name):
    """Of a tool that ends with "N passed, M failed"."""
    text = read(out, name).decode("utf-8", "replace")
    found = re.findall(r"^(\d+) passed, (\d+) failed", text, re.M)
    if not found or found[-1][1] != "0":
        print(text[-1500:])
    tally.check(f"{kernel}: {name}", bool(found) and found[-1][1] == "0", True)
    return f"{found[-1][0]}/{int(found[-1][0]) + int(found[-1][1])}" if found else "FAILED"


def row(tally, name, guest, short):
    out = tempfile.mkdtemp(prefix="taskprobe-kernels-", dir="/var/tmp")
    started = time.monotonic()
    try:
        wrong = (here(guest, out, short) if name == "here"
                 else boot(name, guest, out, short))
        if not tally.check(f"{name}: it ran", wrong, ""):
            return [name, "did not run"]
        runs = sorted(f[:-5] for f in os.listdir(out) if f.endswith(".said"))
        cells = [f"{run} {judge_written(tally, name, out, run)}" for run in runs]
        return [name, read(out, "release").decode().strip(), ", ".join(cells),
                "life " + judge_summary(tally, name, out, "life"),
                "oracle " + judge_summary(tally, name, out, "oracle"),
                f"{time.monotonic() - started:.0f} s"]
    finally:
        shutil.rmtree(out, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="fewer runs and calls")
    parser.add_argument("names", nargs="*", choices=[[], *KERNELS], metavar="NAME")
    options = parser.parse_args()
    harness.need_root()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends with us
    tally = harness.Tally()
    place = tempfile.mkdtemp(prefix="taskprobe-guest-", dir="/var/tmp")
    rows = []
    try:
        os.chmod(place, 0o755)
        make_guest(place)
        for name in options.names or KERNELS:
            rows.append(row(tally, name, place, options.short))
            print("  ".join(rows[-1]), flush=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
