#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long and how much, on real containers: `./dev bench [--runs N] [--files N]`.

A task of three containers on Debian roots (the app as root, an app as uid 1000, the
sidecar), and a fourth task whose root has many files. Everything is measured in one run,
on a warm cache, by a helper in the container that starts the command and waits for it.
"""
import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOP)

from lab import linux, roots  # noqa: E402 (after the path)
from lab.task import LabError, Task  # noqa: E402

SLEEP = ["sleep", "3600"]
BUILDS = ("build/static/taskprobe", "build/release/taskprobe", "build/dev/taskprobe")


def binary(wanted):
    for path in [wanted] if wanted else [os.path.join(TOP, b) for b in BUILDS]:
        if os.access(path, os.X_OK):
            return path
    return None


def kind_of(path):
    with open(path, "rb") as file:
        data = file.read()
    linked = "dynamic" if b"/ld-" in data and b".interp\0" in data else "static"
    return f"{linked}, {len(data)} bytes"


def count_files(layers):
    return sum(len(names) + len(files) for layer in layers
               for _, names, files in os.walk(layer))


class Bench:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.timing = directory + "/timing"
        subprocess.run(["gcc", "-std=gnu17", "-O2", "-static", "-o", self.timing,
                        os.path.join(TOP, "bench/timing.c")], check=True)
        self.image = self.debian("tools", {})
        self.rows = []

    def debian(self, name, files):
        """A Debian root with both programs in it."""
        layer = {"taskprobe": roots.File(copy=self.options.taskprobe, mode=0o755),
                 "timing": roots.File(copy=self.timing, mode=0o755), **files}
        for library in roots.libraries(self.options.taskprobe):
            if not os.path.exists(roots.debian().layers[0] + library):
                layer[library] = roots.File(copy=library, mode=0o755)
        return roots.debian().with_files(f"{self.directory}/{name}", layer)

    def run(self, task, name, command, runs=None, user=None):
        """One measurement: the helper's numbers."""
        status, output, errors = task.exec(
            name, ["/timing", str(runs or self.options.runs), *command], user=user,
            seconds=600)
        if status != 0:
            raise LabError(f"{' '.join(command)}: {errors}")
        result = json.loads(output)
        if result["status"] > 3:
            raise LabError(f"{' '.join(command)} ended with {result['status']}")
        return result

    def row(self, what, result, target="", ratio=""):
        self.rows.append((what, f"{result['median_ms']:.1f}", f"{result['min_ms']:.1f}",
                          f"{result['max_ms']:.1f}", str(result["rss_kib"]), target, ratio))

    def three(self):
        """The report of a task of three."""
        definition = task_of(
            {"name": "app"}, {"name": "user", "user": "1000"},
            {"name": "side", "user": "0", "entryPoint": ["/taskprobe"],
             "command": ["agent", "--wait=0s"]})
        definition["containerDefinitions"][2]["environment"] = [
            {"name": "TASKPROBE_TASK_DEFINITION", "value": json.dumps(definition)}]
        with Task(definition, images={"debian": self.image}) as task:
            probe = ["/taskprobe", "probe"]
            self.row("start to report, without the inventory",
                     self.run(task, "side", probe + ["--no-inventory"]), "60 ms")
            self.row("start to report, with it", self.run(task, "side", probe))
            self.row("start to version (exec, link, exit)",
                     self.run(task, "side", ["/taskprobe", "version"]))
            self.within(task)
            return self.idle(task)

    def within(self, task):
        """probe --exec before the app, and the app alone."""
        wrap = ["/taskprobe", "probe", "--exec", "-o", "/dev/null"]
        alone = self.run(task, "app", ["/bin/true"])
        self.row("the app directly (/bin/true)", alone)
        for what, more in (("", []), (", without the inventory", ["--no-inventory"])):
            result = self.run(task, "app", wrap + more + ["--", "/bin/true"])
            self.row(f"probe --exec -- the app{what}", result,
                     ratio=f"+{result['median_ms'] - alone['median_ms']:.1f} ms")

    @staticmethod
    def idle(task):
        """The agent after its report: {"VmHWM": "1032 kB", ...}"""
        end = time.monotonic() + 60
        while not task.stdout("side") and time.monotonic() < end:
            time.sleep(0.05)
        status = linux.status(task.pid("side"))
        return {key: status[key].strip() for key in ("VmHWM", "VmRSS", "RssAnon")}

    def many(self):
        """The inventory of a root with many files, beside what one would do without."""
        layer = f"{self.directory}/many"
        make_files(layer + "/srv/files", self.options.files)
        image = self.debian("tools2", {})
        image = roots.Image(image.name, [layer] + image.layers, image.config)
        definition = task_of({"name": "app", "user": "1000"})
        with Task(definition, images={"debian": image}) as task:
            runs = max(3, self.options.runs // 4)
            find = ["find", "/", "-xdev", "-writable"]
            for command in (find, ["/taskprobe", "probe"]):
                self.run(task, "app", command, 1, "1000")  # warms the cache
            ours = self.run(task, "app", ["/taskprobe", "probe"], runs, "1000")
            theirs = self.run(task, "app", find, runs, "1000")
            less = self.run(task, "app", ["/taskprobe", "probe", "--no-inventory"], runs,
                            "1000")
        self.row(f"inventory of {self.options.files:,} files, all of the report", ours,
                 "1000 ms")
        self.row("the same report without the inventory", less)
        self.row("find / -xdev -writable, same uid and container", theirs,
                 ratio=f"{theirs['median_ms'] / ours['median_ms']:.2f} x ours")
        return count_files(image.layers)


def task_of(*containers):
    return {"family": "bench", "revision": 1, "networkMode": "awsvpc", "pidMode": "task",
            "containerDefinitions": [{"image": "debian", "command": SLEEP, **c}
                                     for c in containers]}


def make_files(top, count):
    """100 to a directory; a tenth belongs to the uid that is asked for."""
    for i in range(0, count, 100):
        directory = f"{top}/{i // 10000}/{i // 100}"
        os.makedirs(directory)
        for k in range(min(100, count - i)):
            os.close(os.open(f"{directory}/{k}.dat", os.O_CREAT | os.O_WRONLY, 0o644))
        if i // 100 % 10 == 0:
            os.chown(directory, 1000, 1000)


def print_table(rows):
    head = ("", "median ms", "min", "max", "rss KiB", "target", "")
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.partition(":")[2].strip() for line in file
                  if line.startswith(("model name", "Model", "CPU part"))]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    return f"{os.cpu_count()} x {models[0] if models else platform.machine()}, " \
           f"{memory} MiB, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}"


def skip(reason):
    print(reason)
    return 77


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="of each command (default 20)")
    parser.add_argument("--files", type=int, default=200000,
                        help="of the large root (default 200000)")
    parser.add_argument("--taskprobe", help="the binary (default: the static build)")
    options = parser.parse_args()
    if os.geteuid() != 0:
        return skip("starts containers: needs root")
    options.taskprobe = binary(options.taskprobe)
    if not options.taskprobe:
        return skip(f"none of {', '.join(BUILDS)} is built")
    directory = tempfile.mkdtemp(prefix="taskprobe-bench-", dir="/var/tmp")
    os.chmod(directory, 0o755)
    try:
        bench = Bench(options, directory)
        idle = bench.three()
        large = bench.many()
        small = count_files(bench.image.layers)
    except (LabError, OSError, subprocess.SubprocessError) as error:
        return skip(f"could not run: {error}")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print(f"machine  {machine()}")
    print(f"command  bench/bench.py --runs {options.runs} --files {options.files}")
    print(f"binary   {os.path.relpath(options.taskprobe, TOP)}: {kind_of(options.taskprobe)}")
    print(f"roots    {small:,} files each in the task of three, {large:,} in the large one")
    print_table(bench.rows)
    print("idle agent: " + ", ".join(f"{k} {v}" for k, v in idle.items()) +
          " (target: below 4 MiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
