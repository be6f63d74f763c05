# SPDX-License-Identifier: MIT
"""Running one unit of a suite in one of the ways that are compared."""
import json
import os
import shutil
import signal
import subprocess
import time

import harness

# The capabilities that Docker gives; without CAP_SYS_ADMIN the tracer sets no_new_privs.
DOCKER = ("chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,"
          "net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap")
USER = 1000
MARK = "TASKPROBE_SUITE"


def bounded():
    kept = ",+".join(DOCKER.split(","))
    return ["/usr/bin/setpriv", "--inh-caps=-all", f"--bounding-set=-all,+{kept}"]


# What stands before the command, natively and traced alike.
WHO = {
    "root": [],
    "container": bounded(),
    "user": ["/usr/bin/setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups",
             "--inh-caps=-all"],
}


class Run:
    """A directory of its own; (output, status, seconds, coverage) of a command in it."""

    def __init__(self, top, who, traced):
        self.who, self.traced, self.top = who, traced, top
        self.path = os.path.join(top, "work")
        os.mkdir(self.path)
        self.inventory = os.path.join(self.path, "..", "inventory")
        if who == "user":
            os.chown(self.path, USER, USER)
            os.chown(top, USER, USER)
        self.mark = f"{os.getpid()}-{time.monotonic_ns()}"

    def done(self):
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.top, ignore_errors=True)

    def processes(self):
        """Those of ours: they carry our mark, unless they changed their environment."""
        word, found = f"{MARK}={self.mark}".encode(), []
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if name.isdigit() and word in file.read().split(b"\0"):
                        found.append(int(name))
            except OSError:
                pass
        return found

    def environment(self):
        home = os.path.join(self.top, "home")
        os.makedirs(home, exist_ok=True)
        os.chmod(self.top, 0o755)
        if self.who == "user":
            os.chown(home, USER, USER)
        keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TERM")}
        return {**keep, "HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8", MARK: self.mark}

    def __call__(self, command, seconds, cwd=None):
        full = [*WHO[self.who]]
        if self.traced:
            full += [harness.taskprobe(), "trace", "--every-mount", "-o", self.inventory,
                     "--"]
        began = time.monotonic()
        # A session of its own, and a shell in front that leads it: what a suite's first
        # process is to its session is so the same in both.
        process = subprocess.Popen(["/bin/sh", "-c", '"$@"; exit $?', "sh", *full, *command],
                                   cwd=cwd or self.path, env=self.environment(),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            output = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)
            process.communicate()
            return "", "hangs", time.monotonic() - began
        return output.decode("utf-8", "replace"), process.returncode, time.monotonic() - began

    def ours(self):
        """Those of the recorder itself."""
        found = []
        for pid in self.processes():
            try:
                if os.path.samefile(f"/proc/{pid}/exe", harness.taskprobe()):
                    found.append(pid)
            except OSError:
                pass
        return found

    def left(self):
        return sorted(set(self.processes()) - set(self.ours()))

    def coverage(self):
        """Of the inventory's end; None: it cannot be read, or has none. What the suite
        left running is recorded on: it ends now, and so does the inventory."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            last = self.last()
            if last is None or last.get("record") == "end":
                return last and last.get("coverage")
            for pid in self.left():
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
        return None

    def last(self):
        last = {}
        try:
            with open(self.inventory, encoding="utf-8") as file:
                for line in file:
                    if line.endswith("\n"):
                        last = json.loads(line)
        except (OSError, ValueError):
            return None
        return last
