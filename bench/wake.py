#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How the supervisor is woken, and what a call costs then: microseconds per call that is
notified, in one thread and in four, under each way of `trace --wake`.

`bench/wake.py TRACER... APP [--runs N]`: TRACER is `taskprobe trace` (or the test tool
trace_life), APP is tests/tools/life_app.c. Printed are the best and the median of N runs
that take turns, so that a busy moment hits all ways alike."""
import argparse
import os
import shutil
import statistics
import subprocess
import tempfile

WAYS = ("native", "auto", "sync", "spin", "block")


def cost(command):
    """Microseconds per call, and processor time of all processes per call."""
    before = os.times()
    got = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         timeout=300, check=True)
    after = os.times()
    used = (after.children_user + after.children_system - before.children_user -
            before.children_system)
    return float(got.stdout), used


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="+", metavar="TRACER... APP")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--calls", type=int, default=20000)
    options = parser.parse_args()
    *tracer, app = options.words
    place = tempfile.mkdtemp(prefix="taskprobe-wake-", dir="/dev/shm")
    rows = {}
    try:
        for _ in range(options.runs):
            for threads in (1, 4):
                rounds = options.calls // 2 // threads
                work = [app, "time", place, str(threads), str(rounds)]
                for way in WAYS:
                    wrapped = work if way == "native" else [
                        *tracer, "-o", "/dev/null", "--wake", way, "--", *work]
                    us, used = cost(wrapped)
                    rows.setdefault((way, threads), []).append(
                        (us, used / options.calls * 1e6))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print(f"{'':8}{'threads':>8}{'best us':>10}{'median us':>11}{'processor us':>14}")
    for (way, threads), found in sorted(rows.items(), key=lambda r: (r[0][1],
                                                                   WAYS.index(r[0][0]))):
        print(f"{way:8}{threads:8}{min(u for u, _ in found):10.2f}"
              f"{statistics.median(u for u, _ in found):11.2f}"
              f"{statistics.median(p for _, p in found):14.2f}")


if __name__ == "__main__":
    main()
