#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The oracle against the kernel that runs: every call in every form on every kind of
name, on a writable mount and on a read-only one, as root and as another uid; once told
by a simple describer of its own, once as the tracer sees the call (read from the memory
of the process that makes it, its names resolved from inside and outside its root), and
then also what it says would be if every mount were read-only.

oracle.py [N] [TEXT]    each Nth of them (default: a few seconds' worth; 1 for all), of
                        the calls with TEXT in their name
"""
import os
import re
import subprocess
import sys

import harness

HANG = 1800
EVERY = {"oracle_peer": "5", "oracle_observed": "10"}


def find(name):
    for path in (os.path.join(os.environ.get("ORACLE_DIR", ""), name),
                 os.path.join(harness.TOP, "build/dev/tests", name)):
        if os.access(path, os.X_OK):
            return path
    harness.skip(f"{name} is not built")


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return file.read()


def run(tally, name, arguments):
    """Its comparisons count as tests of ours."""
    done = subprocess.run([find(name), "all", *arguments], stdout=subprocess.PIPE,
                          timeout=HANG, text=True, check=False)
    lines = done.stdout.splitlines()
    print(*lines[:-1], sep="\n", flush=True)
    found = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1] if lines else "")
    if not tally.check(f"{name} came to its end", found is not None, True):
        return
    tally.passed += int(found[1])
    tally.failed += int(found[2])
    tally.check(f"exit status of {name}", done.returncode, int(found[2] != "0"))
    tally.check(f"{name} compared enough", int(found[1]) > 1000 or len(arguments) > 1, True)
    # A tree where nothing is refused, or all is, would prove nothing.
    for line in lines:
        sum_of = re.search(r"(\w+-only|writable), uid \d+: (\d+) equal.* (\d+) EROFS$", line)
        if sum_of and len(arguments) < 2:
            share = int(sum_of[3]) / max(int(sum_of[2]), 1)
            tally.check(f"refusals in: {line}",
                        0.1 < share < 0.6 if sum_of[1] == "read-only" else share < 0.05, True)


def main():
    if os.geteuid() != 0:
        harness.skip("mounts and other uids: needs root")
    tally = harness.Tally()
    before = mounts()
    for name, every in EVERY.items():
        run(tally, name, sys.argv[1:] or [every])
    tally.check("the mounts are as before", mounts(), before)
    tally.check("no process is left", harness.processes("prog\0pause"), [])
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
