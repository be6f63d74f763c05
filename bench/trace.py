#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What tracing costs an app: `./dev bench trace [--runs N] [--only ROW...]`.

Each row is one workload, run natively, under `taskprobe trace`, under a trace that ended
after a millisecond (`--for 1ms`, the floor: the kernel asks, and we answer without a
look, so that what a trace costs above it is ours), under `strace
--seccomp-bpf` with the same set of calls, and under strace of all calls that take a file
name; in turn, so that a machine that gets slower meanwhile does so for all (the last,
which takes most of the time, in every third turn). Printed
are medians, and ratios to the native one of the same run. Everything is written below one
directory of the root file system, or of a tmpfs where the row says so: what a read-only
root would refuse is recorded, the expensive case.
"""
import argparse
import contextlib
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOP + "/bench")

from bench import binary, kind_of, machine, skip  # noqa: E402 (after the path)

CALLS = ("open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,"
         "link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,truncate,chmod,fchmod,"
         "fchmodat,chown,lchown,fchown,fchownat,utime,utimes,futimesat,utimensat,setxattr,"
         "lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,access,faccessat,"
         "faccessat2,bind,execve,execveat,chdir,fchdir,chroot,mount")
PORT = 18080
WAYS = ("native", "floor", "trace", "bpf", "strace")
# A container's, whatever whoever runs this has: a search in PATH is an execve for each.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Failed(Exception):
    pass


def run(command, **more):
    """Runs to the end, quietly."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False, **more)
    if done.returncode != 0:
        text = done.stderr.decode("utf-8", "replace")[-400:]
        raise Failed(f"{' '.join(command)}: {done.returncode}: {text}")


def timed(command, **more):
    start = time.monotonic()
    run(command, **more)
    return time.monotonic() - start


@contextlib.contextmanager
def server(command, port, **more):
    """A program that listens, until the end of the block; then all of its group."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True, **more)
    try:
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            if process.poll() is not None or time.monotonic() > end:
                raise Failed(f"{' '.join(command)} does not listen")
            time.sleep(0.05)
        yield process
    finally:
        # strace hands no signal on, so it goes to the program itself, the first of the
        # group that is no tracer; then to all.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Work:
    """One directory with what the workloads need."""

    def __init__(self, directory, options):
        self.directory = directory
        self.options = options
        self.calls = self.path("calls")
        run(["gcc", "-std=gnu17", "-O2", "-o", self.calls, TOP + "/bench/calls.c"])

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def fresh(self, name):
        path = self.path(name)
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
        return path

    def wrapped(self, way, command, more=()):
        if way == "native":
            return command
        if way in ("trace", "floor"):
            short = ["--for", "1ms"] if way == "floor" else []
            return [self.options.taskprobe, "trace", *short, *more, "-o",
                    self.path("inventory.jsonl"), "--", *command]
        calls = ["--seccomp-bpf", "-e", "trace=" + CALLS] if way == "bpf" else \
            ["-e", "trace=%file"]
        return ["strace", "-f", "-qq", "-o", "/dev/null", *calls, *command]


def share(way):
    """Of the calls of a loop: strace does a part of them, or it would take minutes."""
    return 20 if way in ("bpf", "strace") else 1


def loops(work, way):
    count = str(work.options.loops // share(way))
    path = work.path("file")
    with open(path, "w", encoding="utf-8"):
        pass
    return share(way) * timed(work.wrapped(way, [work.calls, "read", count, path]))


def writes(work, way):
    count = str(work.options.loops // 10 // share(way))
    return share(way) * timed(
        work.wrapped(way, [work.calls, "write", count, work.path("new")]))


def make(work, way):
    directory = work.fresh("make")
    for i in range(work.options.sources):
        with open(f"{directory}/s{i}.c", "w", encoding="utf-8") as file:
            file.write("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
                       f"int f{i}(int x) {{ return printf(\"%d\", x + {i}); }}\n")
    with open(f"{directory}/Makefile", "w", encoding="utf-8") as file:
        file.write("objects := $(patsubst %.c,%.o,$(wildcard *.c))\n"
                   "all: $(objects)\n%.o: %.c\n\t$(CC) -O1 -c -o $@ $<\n")
    return timed(work.wrapped(way, ["make", "-s", "-j2", "-C", directory]))


def initdb(work, way):
    directory = work.fresh("postgres")
    shutil.chown(directory, "nobody")
    name = next(p for p in sorted(os.listdir("/usr/lib/postgresql"), reverse=True))
    user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    return timed(work.wrapped(way, user + [f"/usr/lib/postgresql/{name}/bin/initdb", "-D",
                                           directory + "/data", "-A", "trust", "-N"]))


def archive(work):
    """17,000 small files, as an image's tree has them."""
    path = work.path("tree.tar")
    if not os.path.exists(path):
        tree = work.fresh("tree")
        for i in range(work.options.files):
            if i % 40 == 0:
                os.makedirs(f"{tree}/{i // 1000}/{i // 40}")
            with open(f"{tree}/{i // 1000}/{i // 40}/f{i}", "w", encoding="utf-8") as file:
                file.write("x" * (i % 4000))
        run(["tar", "-C", tree, "-cf", path, "."])
        shutil.rmtree(tree)
    return path


def tar(work, way):
    tape = archive(work)
    to = work.path("tmpfs")
    os.makedirs(to, exist_ok=True)
    run(["mount", "-t", "tmpfs", "bench", to])
    try:
        command = ["tar", "-C", to, "-xf", tape]
        return timed(work.wrapped(way, command, ["--every-mount"]))
    finally:
        run(["umount", to])


def nginx(work, way):
    directory = work.fresh("nginx")
    os.makedirs(directory + "/html")
    os.chmod(directory, 0o755)
    with open(directory + "/html/index.html", "w", encoding="utf-8") as file:
        file.write("x" * 612)
    with open(directory + "/nginx.conf", "w", encoding="utf-8") as file:
        file.write(f"worker_processes 1; daemon off; pid {directory}/pid; error_log "
                   f"{directory}/error.log;\nevents {{ worker_connections 512; }}\nhttp {{ "
                   f"access_log {directory}/access.log; server {{ listen 127.0.0.1:{PORT};"
                   f" root {directory}/html; }} }}\n")
    with server(work.wrapped(way, ["nginx", "-p", directory, "-c",
                                   directory + "/nginx.conf"]), PORT):
        done = subprocess.run(
            ["wrk", "-t1", "-c16", f"-d{work.options.seconds}s",
             f"http://127.0.0.1:{PORT}/index.html"], capture_output=True, text=True,
            check=True)
    return 1e5 / float(re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)[1])


def redis(work, way):
    directory = work.fresh("redis")
    with server(work.wrapped(way, ["redis-server", "--port", str(PORT + 1), "--bind",
                                   "127.0.0.1", "--dir", directory, "--appendonly", "yes",
                                   "--save", "", "--daemonize", "no"]), PORT + 1):
        return timed(["redis-benchmark", "-p", str(PORT + 1), "-n",
                      str(work.options.requests), "-c", "16", "-t", "set", "-q"])


# name: (function, what, the program it needs, target for native = 1)
ROWS = {
    "opens": (loops, "read-only opens in a loop", None, 1.10),
    "make": (make, "make -j2 of 200 files", "make", 1.03),
    "nginx": (nginx, "nginx, s for 100,000 requests of wrk", "wrk", 1.05),
    "redis": (redis, "redis with AOF, redis-benchmark SET", "redis-server", 1.05),
    "initdb": (initdb, "initdb as nobody", "strace", 1.15),
    "tar": (tar, "tar x of 17,000 files on tmpfs", "tar", 2.5),
    "writes": (writes, "open, write, close, unlink in a loop", None, None),
}


def measure(work, name):
    function, what, program, target = ROWS[name]
    if program and not shutil.which(program):
        raise Failed(f"{program} is not installed")
    times = {way: [] for way in WAYS}
    for turn in range(work.options.runs):
        for way in WAYS if turn % 3 == 0 else WAYS[:-1]:
            times[way].append(function(work, way))
    medians = {way: statistics.median(times[way]) for way in WAYS}
    ratios = {way: medians[way] / medians["native"] for way in WAYS}
    # How many times less is added than strace adds: the second half of the target.
    over = {way: (ratios[way] - 1) / max(ratios["trace"] - 1, 0.001) for way in WAYS}
    spread = (max(times["native"]) - min(times["native"])) / medians["native"]
    return (what, f"{medians['native']:.3f}", f"{spread * 100:.0f} %",
            f"{ratios['trace']:.2f}", f"{target:.2f}" if target else "",
            f"{ratios['floor']:.2f}", f"{ratios['bpf']:.2f}", f"{ratios['strace']:.2f}", f"{over['bpf']:.1f}")


def print_table(rows):
    head = ("", "native s", "spread", "trace", "target", "floor", "strace bpf", "strace",
            "bpf/trace")
    table = [head] + rows
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        cells = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def main():
    parser = argparse.ArgumentParser(prog="./dev bench trace", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each way (default 5)")
    parser.add_argument("--only", nargs="*", choices=ROWS, default=list(ROWS))
    parser.add_argument("--loops", type=int, default=400000)
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--files", type=int, default=17000)
    parser.add_argument("--requests", type=int, default=100000)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--taskprobe", help="the binary (default: the static build)")
    options = parser.parse_args()
    if os.geteuid() != 0:
        return skip("mounts a tmpfs and drops to nobody: needs root")
    options.taskprobe = binary(options.taskprobe)
    if not options.taskprobe:
        return skip("no taskprobe is built")
    options.taskprobe = os.path.abspath(options.taskprobe)
    if not shutil.which("strace"):
        return skip("strace is not installed")
    os.environ["PATH"] = PATH
    directory = tempfile.mkdtemp(prefix="taskprobe-bench-", dir="/var/tmp")
    os.chmod(directory, 0o755)
    rows, failed = [], []
    try:
        work = Work(directory, options)
        for name in options.only:
            try:
                rows.append(measure(work, name))
                print("\t".join(rows[-1]), file=sys.stderr, flush=True)
            except (Failed, OSError, subprocess.SubprocessError) as error:
                failed.append(f"{name}: {error}")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print(f"machine  {machine()}")
    print(f"command  bench/trace.py --runs {options.runs}")
    print(f"binary   {os.path.relpath(options.taskprobe, TOP)}: {kind_of(options.taskprobe)}")
    print_table(rows)
    for line in failed:
        print(f"FAILED   {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
