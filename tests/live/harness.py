# SPDX-License-Identifier: MIT
"""What every live test needs: counting, a skip with a reason, and the proof that
nothing was left behind."""
import glob
import os
import random
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [TOP, os.path.join(TOP, "tests")]


class Tally:
    def __init__(self, verbose=False):
        self.passed = self.failed = 0
        self.verbose = verbose

    def check(self, claim, got, want):
        """One assertion. The claim is printed where it does not hold."""
        if got == want:
            self.passed += 1
            if self.verbose:
                print(f"ok   {claim}")
            return True
        self.failed += 1
        print(f"FAIL {claim}: {got!r}, expected {want!r}", flush=True)
        return False

    def crashed(self, claim):
        self.failed += 1
        print(f"FAIL {claim}:\n{traceback.format_exc()}", flush=True)

    def end(self):
        """The last line and the exit status."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def skip(reason):
    print(reason)
    sys.exit(77)


def need_root():
    if os.geteuid() != 0:
        skip("starts containers: needs root")


def taskprobe():
    """The binary under test: $TASKPROBE, or that of the dev build."""
    path = os.environ.get("TASKPROBE") or os.path.join(TOP, "build/dev/taskprobe")
    if not os.access(path, os.X_OK):
        skip(f"{path} is not built")
    return path


def words():
    """What the command line chooses; options are not among it."""
    return [word for word in sys.argv[1:] if not word.startswith("-")]


def seeded():
    """What is random now is so again with the same $SEED."""
    seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
    random.seed(seed)
    print(f"SEED={seed}")


def tests_of(namespace):
    """The functions test_* of a module's globals(), in their order."""
    return [test for name, test in namespace.items() if name.startswith("test_")]


def each(tally, tests, *arguments):
    """Calls those that the command line names, with or without "test_", or all. One that
    breaks has failed, and the others still run."""
    chosen = words()
    for test in tests:
        name = test.__name__
        if chosen and not {name, name.removeprefix("test_")} & set(chosen):
            continue
        began = time.monotonic()
        try:
            test(tally, *arguments)
        except Exception:  # said
            tally.crashed(name)
        if tally.verbose:
            print(f"---- {name}: {time.monotonic() - began:.1f} s", flush=True)


def in_arena(make, examine):
    """The whole of a test: examine(tally, make()), whose done() is called, and the
    machine as before. The exit status."""
    need_root()
    tally = Tally("-v" in sys.argv)
    before = machine()
    arena = make()
    try:
        examine(tally, arena)
    except Exception:  # said, and what was started is ended
        tally.crashed(examine.__name__)
    finally:
        arena.done()
    tally.check("the machine is as before", left_behind(before), [])
    return tally.end()


def machine():
    """What a test must not add to: mounts, control groups, directories, notes."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        found = {"mount " + line.split(" ", 3)[3] for line in file if "taskprobe-" in line}
    for pattern in ("/sys/fs/cgroup/ecs/*", "/sys/fs/cgroup/*/ecs/*", "/run/taskprobe-lab/*",
                    "/var/tmp/taskprobe-*", "/run/netns/*"):
        found.update(glob.glob(pattern))
    return found


def left_behind(before, seconds=10):
    """What is there now and was not. Others may use the lab at the same time, so that
    something of theirs may come and go: only what stays counts."""
    end = time.monotonic() + seconds
    left = machine() - before
    while left and time.monotonic() < end:
        time.sleep(0.05)
        left &= machine()
    return sorted(left)


def processes(word):
    """PIDs whose command line holds `word`."""
    found = []
    for directory in glob.glob("/proc/[0-9]*"):
        try:
            with open(directory + "/cmdline", "rb") as file:
                if word.encode() in file.read():
                    found.append(int(directory[6:]))
        except OSError:
            pass
    return found
