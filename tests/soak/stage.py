# SPDX-License-Identifier: MIT
"""Where a soak runs: a directory of its own on a tmpfs that nobody else sees, and all
processes that come of it, found by being our descendants: what is orphaned comes to us,
so that what still runs, hangs or is a zombie is seen."""
import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness

# Ten times and more what anything here takes.
HANG = int(os.environ.get("SOAK_HANG", "120"))
UNSHARE = ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
NOBODY = 61234  # a uid of nobody else: its processes are counted
INSIDE = "TASKPROBE_SOAK_INSIDE"


def enter():
    """In a mount namespace of our own from here on."""
    if os.geteuid() != 0:
        harness.skip("mounts a tmpfs of its own: needs root")
    if not all(os.access(p, os.X_OK) for p in ("/usr/bin/unshare", "/usr/bin/setpriv")):
        harness.skip("needs unshare and setpriv")
    if os.environ.get(INSIDE) != str(os.getpid()):
        if subprocess.run(["/usr/bin/unshare", "--mount", "/bin/true"], check=False).returncode:
            harness.skip("may not make a mount namespace")
        os.environ[INSIDE] = str(os.getpid())
        os.execv("/usr/bin/unshare", ["unshare", "--mount", "--propagation", "private",
                                      sys.executable, *sys.argv])


def soak_app():
    found = [p for p in (os.environ.get("SOAK_APP", ""),
                         os.path.dirname(harness.taskprobe()) + "/tests/soak_app",
                         harness.TOP + "/build/dev/tests/soak_app")
             if os.access(p, os.X_OK)]
    if not found:
        harness.skip("soak_app is not built")
    return found[0]


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def descendants(pid):
    """Of all its threads, at all depths."""
    found = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for word in file.read().split():
                    found += [int(word), *descendants(word)]
        except OSError:
            pass
    return found


def describe(pid):
    words = [str(pid)]
    for name in ("comm", "wchan", "syscall"):
        try:
            with open(f"/proc/{pid}/{name}", encoding="ascii", errors="replace") as file:
                words.append(file.read().strip())
        except OSError:
            pass
    return " ".join(words)


def status_of(pid, name):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(name + ":"):
                    return line.split()[1]
    except OSError:
        pass
    return None


class Stage:
    def __init__(self, seed=None):
        self.seed = int(seed or os.environ.get("SEED") or random.randrange(1 << 32))
        self.random = random.Random(self.seed)
        self.taskprobe = harness.taskprobe()
        self.app = soak_app()
        self.count = 0
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(36, 1, 0, 0, 0) != 0:  # PR_SET_CHILD_SUBREAPER
            harness.skip("cannot be a subreaper")
        self.path = tempfile.mkdtemp(prefix="taskprobe-soak-", dir="/var/tmp")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.path],
                          check=False).returncode:
            os.rmdir(self.path)
            harness.skip("may not mount a tmpfs")
        print(f"SEED={self.seed}")

    def done(self):
        self.kill_all()
        subprocess.run(["umount", "-l", self.path], check=True)
        shutil.rmtree(self.path)

    def new(self):
        """An empty directory for an app, and the name of its inventory."""
        self.count += 1
        directory = f"{self.path}/d{self.count}"
        os.mkdir(directory)
        os.chmod(directory, 0o777)
        return directory, f"{directory}.inventory"

    def traced(self, out, *command, options=()):
        return [self.taskprobe, "trace", "--every-mount", *options, "-o", out, "--",
                *command]

    # --- the end of all ---

    def kill_all(self):
        """A fork bomb that goes on has new ones while we look: all of a uid at once."""
        end = time.monotonic() + HANG
        while descendants(os.getpid()) and time.monotonic() < end:
            subprocess.run(["/usr/bin/setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                            "--clear-groups", "/bin/sh", "-c", "kill -9 -1"],
                           stderr=subprocess.DEVNULL, check=False)
            for pid in descendants(os.getpid()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.reap(1)

    def reap(self, seconds):
        """As init does. [] once nothing is left: no process, no zombie; what is left."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.001)
            except ChildProcessError:
                return []
        return [describe(pid) for pid in descendants(os.getpid())]

    def finish(self, process, seconds=HANG):
        """(output, errors, status, what was left after it) of one that is to end."""
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            left = [describe(pid) for pid in descendants(os.getpid())]
            self.kill_all()
            return "", "", "hangs", left
        left = self.reap(seconds)
        if left:
            self.kill_all()
        return (output or b"").decode(), (errors or b"").decode(), process.returncode, left

    def start(self, command, **more):
        # Unbuffered: a line read ahead would be lost to communicate().
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, start_new_session=True, bufsize=0,
                                **more)

    # --- what was written ---

    def inventory(self, out, begun):
        """What is wrong with it, or None. The app has been started if `begun`."""
        try:
            with open(out, "rb") as file:
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            lines = [b""]
        if len(lines) < 2:
            return "nothing was written" if begun else None
        try:
            records = [json.loads(line)["record"] for line in lines[:-1]]
        except (ValueError, KeyError) as e:
            return f"a line cannot be read: {e}"
        if records[0] != "run":
            return "does not begin with the run"
        merged = subprocess.run([self.taskprobe, "merge", "-f", "text", out],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=HANG,
                                check=False)
        if merged.returncode != 0 or not merged.stdout:
            return f"merge: {merged.returncode} {merged.stderr!r}"
        return None


def end_of(out):
    """The end record, or {}."""
    try:
        with open(out, "rb") as file:
            file.seek(max(0, os.path.getsize(out) - 20000))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
        record = json.loads(last)
    except (OSError, ValueError):
        return {}
    return record if record.get("record") == "end" else {}
