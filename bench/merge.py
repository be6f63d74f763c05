#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""merge.py [--taskprobe FILE] [--inventories N] [--paths N] - how fast and in how much
memory `taskprobe merge` joins many inventories: replicas of one app, three quarters of
whose paths are the same. Prints a table; other programs import measure()."""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OPS = ("create", "write", "truncate", "unlink", "rename", "chmod", "utime")
SHARED = 0.75  # of an inventory's paths are those of every replica
LIMIT_SECONDS = 15


def line(**record):
    return json.dumps(record, separators=(",", ":")) + "\n"


def path_record(number, replica):
    """A path as the recorder writes one: about 400 bytes."""
    name = f"/var/lib/app/cache/{number % 256:02x}/{number * 2654435761 % 2**64:016x}"
    if replica is not None:
        name += f"-{replica:06d}.tmp"
    ops = {OPS[number % 7]: {"written": 1 + number % 9}, "access": {"written": 1}}
    if number % 5 == 0:
        ops["unlink"] = {"written": 0, "failed": {"EACCES": 1 + number % 3}}
    return line(record="path", path=name, kind="file", ops=ops,
                processes=[{"exe": "/usr/local/bin/node", "uid": 1000, "gid": 1000,
                            "count": 2 + number % 9}],
                first="2026-01-31T12:00:00.123Z", last="2026-01-31T12:34:56.789Z",
                size=number * 37 % 100000, in_image=False, exists=number % 3 != 0,
                mount="/")


def generate(directory, inventories, paths):
    """The files; returns their names and the number of distinct paths."""
    shared = int(paths * SHARED)
    common = "".join(path_record(n, None) for n in range(shared))
    files = []
    for replica in range(inventories):
        files.append(f"{directory}/{replica:06d}.jsonl")
        with open(files[-1], "w", encoding="utf-8") as file:
            file.write(line(record="run", schema="taskprobe.inventory/1",
                            id=f"{replica:032x}", tool="taskprobe 0", method="trace",
                            command=["node", "server.js"], container="app",
                            started="2026-01-31T12:00:00Z"))
            file.write(common)
            file.writelines(path_record(n, replica) for n in range(shared, paths))
            file.write(line(record="dir", path="/var/lib/app/cache", entries=0, empty=True,
                            uid=1000, gid=1000, mode=0o755, peak_bytes=replica * 4096))
            file.write(line(record="end", ended="exit", exit=0, coverage={
                "events": paths * 5, "unresolved": 0, "lost": 0, "blind_spots": []}))
    return files, shared + (paths - shared) * inventories


def run(taskprobe, files, output):
    """Seconds and peak KiB of one run."""
    started = time.monotonic()
    process = subprocess.Popen([taskprobe, "merge", *files, "-o", output],
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"merge ended with {process.returncode}")
    return time.monotonic() - started, usage.ru_maxrss


def measure(taskprobe, inventories=1000, paths=1000, runs=3):
    """The best of a few runs, as a dict."""
    with tempfile.TemporaryDirectory(prefix="taskprobe-merge-") as directory:
        files, distinct = generate(directory, inventories, paths)
        size = sum(os.path.getsize(f) for f in files)
        output = directory + "/merged"
        seconds, peak = min(run(taskprobe, files, output) for _ in range(runs))
        with open(output, encoding="utf-8") as file:
            found = sum(1 for record in file if record.startswith('{"record":"path"'))
        if found != distinct:
            raise RuntimeError(f"{found} paths, {distinct} were expected")
    return {"inventories": inventories, "paths": paths, "distinct": distinct,
            "MB": size / 1e6, "seconds": seconds, "MB/s": size / 1e6 / seconds,
            "peak_MiB": peak / 1024, "bytes_per_path": peak * 1024 / distinct}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taskprobe", default=TOP + "/build/release/taskprobe")
    parser.add_argument("--inventories", type=int, default=1000)
    parser.add_argument("--paths", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    # Of 1,000 files none is open for long.
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    rows = [(options.inventories, options.paths), (options.inventories, options.paths // 10),
            (options.inventories // 10, options.paths)]
    print(f"{'inventories':>11} {'paths':>7} {'distinct':>9} {'MB':>7} {'seconds':>8} "
          f"{'MB/s':>6} {'peak MiB':>9} {'bytes/path':>10}")
    slow = False
    for inventories, paths in rows:
        r = measure(options.taskprobe, inventories, paths, options.runs)
        slow |= r["seconds"] > LIMIT_SECONDS
        print(f"{inventories:>11} {paths:>7} {r['distinct']:>9} {r['MB']:>7.1f} "
              f"{r['seconds']:>8.2f} {r['MB/s']:>6.0f} {r['peak_MiB']:>9.1f} "
              f"{r['bytes_per_path']:>10.0f}", flush=True)
    if slow:
        print(f"slower than {LIMIT_SECONDS} s")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
