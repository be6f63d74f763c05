#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""plan.py [--taskprobe FILE] [--paths N...] - how fast and in how much memory `taskprobe
plan` makes a plan of an inventory, and how both grow with the number of distinct paths.
Prints a table; other programs import measure()."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATHS = (1000, 10000, 100000, 1000000)
# Of so many paths so many seconds and MiB.
LIMITS = {1000: (0.1, 1024), 1000000: (15, 1024)}
PLACES = ("/var/cache/app", "/tmp", "/var/lib/app/data", "/run/app", "/srv/upload")


def line(**record):
    return json.dumps(record, separators=(",", ":")) + "\n"


def path_record(number):
    """As the recorder writes one: five places, a thousand directories in each."""
    place = PLACES[number % len(PLACES)]
    name = f"{place}/{number // 5 % 1000:03d}/{number * 2654435761 % 2**64:016x}"
    return line(record="path", path=name, kind="file", ops={
        "create": {"written": 1}, "write": {"written": 1 + number % 9}}, processes=[
            {"exe": "/usr/local/bin/node", "uid": 1000, "gid": 1000, "count": 3}],
        first="2026-01-31T12:00:00.123Z", last="2026-01-31T12:34:56.789Z",
        size=number * 37 % 100000, in_image=False, exists=number % 3 != 0, mount="/")


def generate(path, paths):
    with open(path, "w", encoding="utf-8") as file:
        file.write(line(record="run", schema="taskprobe.inventory/1", id=f"{paths:032x}",
                        tool="taskprobe 0", method="trace", command=["node"],
                        container="app", started="2026-01-31T12:00:00Z"))
        file.writelines(path_record(n) for n in range(paths))
        for place in PLACES:
            file.write(line(record="dir", path=place, entries=0, empty=True, uid=1000,
                            gid=1000, mode=0o755, peak_bytes=1 << 20))
        file.write(line(record="end", ended="exit", exit=0, coverage={
            "events": paths * 5, "unresolved": 0, "lost": 0, "blind_spots": []}))


def run(taskprobe, inventory, output):
    """Seconds and peak KiB of one run."""
    started = time.monotonic()
    process = subprocess.Popen([taskprobe, "plan", inventory, "-o", output],
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"plan ended with {process.returncode}")
    return time.monotonic() - started, usage.ru_maxrss


def measure(taskprobe, paths, runs=3):
    """The best of a few runs, as a dict."""
    with tempfile.TemporaryDirectory(prefix="taskprobe-plan-") as directory:
        inventory, output = directory + "/inventory", directory + "/plan"
        generate(inventory, paths)
        seconds, peak = min(run(taskprobe, inventory, output) for _ in range(runs))
        with open(output, encoding="utf-8") as file:
            planned = sum(m["path_count"] for m in json.load(file)["mounts"])
        if planned != paths:
            raise RuntimeError(f"{planned} paths in the mounts, {paths} were expected")
    return {"paths": paths, "seconds": seconds, "peak_MiB": peak / 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taskprobe", default=TOP + "/build/release/taskprobe")
    parser.add_argument("--paths", type=int, nargs="+", default=PATHS)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{'paths':>9} {'seconds':>8} {'peak MiB':>9} {'us/path':>8}  growth of time, "
          "memory for that of paths")
    before, over = None, []
    for paths in options.paths:
        r = measure(options.taskprobe, paths, options.runs)
        growth = "" if not before else (
            f"{r['seconds'] / before['seconds']:.1f}, "
            f"{r['peak_MiB'] / before['peak_MiB']:.1f} for {paths / before['paths']:.0f}")
        print(f"{paths:>9} {r['seconds']:>8.3f} {r['peak_MiB']:>9.1f} "
              f"{r['seconds'] / paths * 1e6:>8.1f}  {growth}", flush=True)
        seconds, mib = LIMITS.get(paths, (float("inf"), float("inf")))
        if r["seconds"] > seconds or r["peak_MiB"] > mib:
            over.append(f"{paths} paths: over {seconds} s or {mib} MiB")
        before = r
    print(*over, sep="\n", end="\n" if over else "")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
