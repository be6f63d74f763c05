#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The processes of `trace`: the app is started, stopped, signalled and ended as without
us, and is never worse off for what happens to us. The machine's own kernel."""
import ctypes
import json
import os
import pty
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness

HANG = int(os.environ.get("LIFE_HANG", "60"))
PYTHON = "/usr/bin/python3"


class Place:
    """A directory of this run, the tracer, the app."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="taskprobe-life-", dir="/dev/shm")
        os.chmod(self.path, 0o755)
        tool = os.environ.get("TRACE_LIFE")
        self.tracer = [tool] if tool else [harness.taskprobe(), "trace"]
        directory = os.path.dirname(harness.taskprobe() if not tool else tool)
        found = [p for p in (os.environ.get("LIFE_APP", ""), directory + "/life_app",
                             directory + "/tests/life_app",
                             harness.TOP + "/build/dev/tests/life_app")
                 if os.access(p, os.X_OK)]
        if not found:
            harness.skip("life_app is not built")
        self.app = found[0]
        self.count = 0

    def out(self):
        self.count += 1
        return f"{self.path}/inventory-{self.count}"

    def traced(self, *command, options=(), out=None):
        return [*self.tracer, "-o", out or self.out(), *options, "--", *command]

    def done(self):
        """What a failed test left, by the name of the directory in its command line."""
        for pid in ours(self):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.path, ignore_errors=True)


def end_of(path):
    """The end record, or {}."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
    except FileNotFoundError:
        return {}
    return next((line for line in lines if line["record"] == "end"), {})


def until(question, seconds=HANG):
    """What it answers once that is true, or its last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.005)


def run(command, **more):
    return subprocess.run(command, timeout=HANG, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **more)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def line_of(process):
    """[standby, supervisor, app] of a running trace."""
    def look():
        first = children(process.pid)
        second = children(first[0]) if first else []
        if not second or same_program(second[0], process.pid):
            return None  # not there yet, or not executed yet
        return [process.pid, first[0], second[0]]
    return until(look)


def same_program(one, other):
    try:
        return os.readlink(f"/proc/{one}/exe") == os.readlink(f"/proc/{other}/exe")
    except OSError:
        return True


def state(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return None


def ours(place):
    """Processes that have something to do with this run."""
    return [pid for pid in harness.processes(place.path) if pid != os.getpid()]


class Catch:
    """An app that says each signal that it gets."""

    def __init__(self, place, prefix=(), options=(), **more):
        self.out = place.out()
        self.process = subprocess.Popen(
            [*prefix, *place.traced(place.app, "catch", place.path, options=options, out=self.out)],
            stdout=subprocess.PIPE, bufsize=0, **more)
        self.line()

    def line(self):
        if not select.select([self.process.stdout], [], [], HANG)[0]:
            raise TimeoutError("the app is silent")
        return self.process.stdout.readline().decode().strip()

    def end(self):
        """What it still got before SIGTERM, and the status."""
        self.process.send_signal(signal.SIGTERM)
        lines = []
        while not lines or lines[-1] not in (f"{signal.SIGTERM:d} 0", ""):
            lines.append(self.line())
        return lines[:-1], self.process.wait(HANG)


# --- statuses ---

def test_status(tally, place):
    for code in (0, 1, 42, 124, 125, 126, 127, 128, 255):
        out = place.out()
        got = run(place.traced(place.app, "exit", str(code), out=out))
        tally.check(f"exit {code}", (got.returncode, got.stdout), (code, b""))
        end = end_of(out)
        tally.check(f"exit {code} is written", (end.get("ended"), end.get("exit")),
                    ("exit", code))
    for sig in (signal.SIGHUP, signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM,
                signal.SIGABRT, signal.SIGPIPE, signal.SIGRTMIN, signal.SIGXFSZ):
        out = place.out()
        got = run(place.traced(place.app, "die", str(int(sig)), out=out))
        tally.check(f"death by {sig}", got.returncode, -sig)
        end = end_of(out)
        tally.check(f"death by {sig} is written", (end.get("ended"), end.get("exit")),
                    ("signal", 128 + sig))


def test_no_core(tally, place):
    """The core is the app's; ours would be a second one."""
    code = ("import os, resource; m = resource.RLIM_INFINITY; "
            "h = resource.getrlimit(resource.RLIMIT_CORE)[1]; "
            "resource.setrlimit(resource.RLIMIT_CORE, (h, h)); os.execv({0!r}, {1!r})")
    command = place.traced(place.app, "die", "6")
    got = subprocess.Popen([PYTHON, "-c", code.format(command[0], command)])
    status = os.waitpid(got.pid, 0)[1]
    got.returncode = 0
    tally.check("SIGABRT handed on, without a core of ours",
                (os.WTERMSIG(status), os.WCOREDUMP(status)), (6, False))


def test_failures(tally, place):
    not_executable = place.path + "/data"
    with open(not_executable, "w", encoding="ascii") as file:
        file.write("x")
    got = run(place.traced(place.path + "/nothing"))
    tally.check("no such program", (got.returncode, got.stdout, b"ENOENT" in got.stderr),
                (127, b"", True))
    got = run(place.traced(not_executable))
    tally.check("not executable", (got.returncode, b"EACCES" in got.stderr), (126, True))
    got = run(place.traced(*place.traced(place.app, "exit", "7")))
    tally.check("a tracer in a tracer", (got.returncode, b"another" in got.stderr),
                (125, True))
    tally.check("nothing is left", until(lambda: not ours(place)), True)


def test_path(tally, place):
    got = run(place.traced("life_app", "exit", "9"),
              env={"PATH": "/nonexistent:" + os.path.dirname(place.app)})
    tally.check("searched in PATH", got.returncode, 9)


# --- signals ---

def test_signals_forwarded(tally, place):
    """Each kind, each once, and none other."""
    app = Catch(place)
    sent = [s for s in (1, 2, 3, 10, 12, 13, 14, 15, 17, 18, 20, 21, 22, 23, 28, 34, 40)
            if s != signal.SIGTERM]
    got = []
    for sig in sent:
        app.process.send_signal(sig)
        got.append(app.line())
    rest, status = app.end()
    tally.check("each signal once", (got, rest, status), ([f"{s} 0" for s in sent], [], 0))


def test_signal_value(tally, place):
    libc = ctypes.CDLL(None, use_errno=True)
    app = Catch(place)
    for value in (7, 8, 9):
        libc.sigqueue(app.process.pid, signal.SIGRTMIN + 3, ctypes.c_void_p(value))
    got = [app.line() for _ in range(3)]
    tally.check("queued signals and their values", (got, *app.end()),
                ([f"{signal.SIGRTMIN + 3:d} {v}" for v in (7, 8, 9)], [], 0))


def test_group(tally, place):
    """To the whole process group: the app has it already."""
    app = Catch(place, start_new_session=True)
    got = []
    for sig in (signal.SIGINT, signal.SIGUSR1, signal.SIGHUP) * 5:
        os.killpg(app.process.pid, sig)
        got.append(app.line())
    time.sleep(0.1)
    tally.check("to the group: once each", (len(got), *app.end()), (15, [], 0))


def test_group_by_app(tally, place):
    """A member of the app's that signals its group."""
    app = Catch(place, start_new_session=True)
    run([PYTHON, "-c", f"import os; os.killpg({app.process.pid}, 10)"])
    first = app.line()
    tally.check("by another process", (first, *app.end()), ("10 0", [], 0))
    got = run(place.traced("/bin/sh", "-c",
                           f"trap 'echo got' USR1; {place.app} group 10; sleep 0.2; "
                           "echo end"), start_new_session=True)
    tally.check("by a child of the app", (got.stdout, got.returncode),
                (b"got\nend\n", 0))


def test_ignored(tally, place):
    """Dispositions and mask are those that we were started with."""
    code = ("import signal; print(signal.getsignal(1), signal.getsignal(17), "
            "signal.getsignal(13), signal.pthread_sigmask(0, []))")
    def setup():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    plain = run([PYTHON, "-c", code], preexec_fn=setup)
    traced = run(place.traced(PYTHON, "-c", code), preexec_fn=setup)
    tally.check("mask and dispositions", (traced.stdout, traced.returncode),
                (plain.stdout, 0))


def test_status_with_ignored_sigchld(tally, place):
    got = run(place.traced(place.app, "exit", "33"),
              preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    tally.check("an ignored SIGCHLD loses no status", got.returncode, 33)


# --- a terminal ---

class Terminal:
    """An interactive shell on a terminal of its own."""

    def __init__(self, command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["PS1"] = "$$ "
            os.execv(command[0], command)
        self.text = b""

    def read(self, seconds):
        end = time.monotonic() + seconds
        while select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                return False
            if not data:
                return False
            self.text += data
            if time.monotonic() > end:
                break
        return True

    def await_(self, pattern):
        """Until it has been written; what came until then is forgotten."""
        end = time.monotonic() + HANG
        while time.monotonic() < end:
            found = re.search(pattern, self.text)
            if found:
                self.text = self.text[found.end():]
                return found.group(0)
            if not self.read(0.02) and not re.search(pattern, self.text):
                return None
        return None

    def type(self, text):
        os.write(self.fd, text)

    def end(self, place):
        for pid in (self.pid, *ours(place)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.close(self.fd)
        return os.waitpid(self.pid, 0)[1]


def quoted(words):
    return " ".join(f"'{w}'" for w in words).encode()


def test_ctrl_c(tally, place):
    shell = Terminal(["/bin/bash", "--norc", "-i"])
    shell.type(quoted(place.traced(place.app, "catch", place.path)) + b"\n")
    tally.check("Ctrl-C: the app runs", bool(shell.await_(rb"ready\r\n")), True)
    for _ in range(5):
        shell.type(b"\x03")
        tally.check("Ctrl-C arrives", bool(shell.await_(rb"2 0\r\n")), True)
    shell.type(b"\x1c")
    tally.check("Ctrl-\\ arrives", bool(shell.await_(rb"\b3 0\r\n")), True)
    shell.read(0.2)
    tally.check("nothing arrives twice", re.findall(rb"\d+ 0\r\n", shell.text), [])
    shell.end(place)


def test_ctrl_z(tally, place):
    """An interactive shell's job control: stop, background, foreground, end."""
    shell = Terminal(["/bin/bash", "--norc", "-i"])
    shell.type(quoted(place.traced("/bin/sh", "-c", "echo rea\"\"dy; exec sed -u s/^/got-/")) +
               b"\n")
    shell.await_(rb"ready\r\n")
    for turn in range(3):
        shell.type(b"one\n")
        tally.check(f"it reads, {turn}", bool(shell.await_(rb"got-one\r\n")), True)
        shell.type(b"\x1a")
        tally.check(f"the shell sees it stop, {turn}",
                    bool(shell.await_(rb"\[1\]\+ +Stopped")), True)
        shell.type(b"echo he''llo\n")
        tally.check(f"the shell has the terminal, {turn}",
                    bool(shell.await_(rb"hello\r\n")), True)
        shell.type(b"fg\n")
        shell.await_(rb"got-/'\r\n")
        shell.read(0.1)
    shell.type(b"\x1a")
    shell.await_(rb"Stopped[^\n]*\n")
    shell.type(b"bg\n")
    shell.await_(rb"&\r\n")
    shell.type(b"sleep 0.5\n")
    tally.check("in the background it stops where it reads",
                bool(shell.await_(rb"Stopped[^\n]*\n")), True)
    shell.type(b"fg\n")
    shell.await_(rb"got-/'\r\n")
    shell.read(0.1)
    shell.type(b"\x04")
    shell.read(0.3)
    shell.type(b"echo st''atus $?\n")
    tally.check("it reads the end of its input", bool(shell.await_(rb"status 0\r\n")), True)
    shell.end(place)


def test_hangup(tally, place):
    """As the leader of the session we alone get the terminal's hangup."""
    out = place.path + "/hangup"
    inner = place.traced("/bin/sh", "-c",
                         f"trap 'echo hup >>{out}; exit 3' HUP; echo ready; "
                         "while :; do sleep 0.01; done")
    shell = Terminal(inner)
    tally.check("hangup: it runs", bool(shell.await_(rb"ready")), True)
    os.close(shell.fd)
    status = os.waitpid(shell.pid, 0)[1]
    with open(out, encoding="ascii") as file:
        tally.check("the app gets the hangup once", (file.read(), os.WEXITSTATUS(status)),
                    ("hup\n", 3))


def test_own_group(tally, place):
    """An app that makes itself a group, as without us it could not have left its own."""
    code = ("import os, signal, time\n"
            "signal.signal(2, lambda *_: print('int', flush=True) or os._exit(4))\n"
            "os.setpgid(0, 0)\nprint('ready', flush=True)\ntime.sleep(60)")
    shell = Terminal(["/bin/bash", "--norc", "-i"])
    shell.type(quoted(place.traced(PYTHON, "-c", code.replace("'", '"')))
               .replace(b"\n", b"'$'\\n''") + b"; echo st''atus $?\n")
    tally.check("own group: it runs", bool(shell.await_(rb"ready\r\n")), True)
    shell.type(b"\x03")
    tally.check("Ctrl-C reaches it", bool(shell.await_(rb"int\r\n")), True)
    shell.end(place)


# --- what it inherits ---

LOOK = r"""
import os, resource, json, sys
def status():
    keep = ("Umask", "Groups", "Uid", "Gid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
            "SigQ", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "Cpus_allowed",
            "Mems_allowed", "THP_enabled", "CoreDumping")
    rows = dict(l.rstrip("\n").split(":", 1) for l in open("/proc/self/status"))
    rows.pop("SigQ")
    return {k: v for k, v in rows.items() if k in keep}
print(json.dumps({
    "fds": {n: os.readlink("/proc/self/fd/" + n) for n in ("0", "1", "2")
            if os.path.exists("/proc/self/fd/" + n)},
    "count": sorted(int(n) for n in os.listdir("/proc/self/fd")),
    "environ": dict(os.environ), "limits": open("/proc/self/limits").read(),
    "affinity": sorted(os.sched_getaffinity(0)), "policy": os.sched_getscheduler(0),
    "nice": os.nice(0), "sid": os.getsid(0), "pgid": os.getpgid(0),
    "cwd": os.getcwd(), "oom": open("/proc/self/oom_score_adj").read(),
    "status": status(), "loginuid": open("/proc/self/cgroup").read(),
    "timers": os.environ.get("x"), "argv": sys.argv}))
"""


def test_inherited(tally, place):
    """What the app finds is what it would find without us."""
    keep = os.open("/dev/null", os.O_RDONLY)
    for name, more in (
            ("plainly", {}),
            ("with a descriptor", {"pass_fds": [keep]}),
            ("without stdin", {"preexec_fn": lambda: os.close(0)}),
            ("without any", {"preexec_fn": lambda: (os.close(0), os.close(2))}),
            ("with limits", {"preexec_fn": lambda: limits()}),
            ("on one processor", {"preexec_fn": lambda: os.sched_setaffinity(
                0, [max(os.sched_getaffinity(0))])}),
            ("nice", {"preexec_fn": lambda: os.nice(3)})):
        command = [PYTHON, "-c", LOOK, "a word"]
        stdin = {} if "without" in name else {"stdin": subprocess.DEVNULL}
        with open(place.path + "/stderr", "w", encoding="ascii") as errors:
            plain, traced = (look(words, errors, **stdin, **more)
                             for words in (command, place.traced(*command)))
        if not tally.check(f"inherited, {name}: it ran", bool(plain and traced), True):
            continue
        for key, value in plain.items():
            tally.check(f"inherited, {name}: {key}", traced[key], value)
    os.close(keep)


def limits():
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 4096))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def look(command, errors, **more):
    got = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, timeout=HANG,
                         check=False, **more)
    if not got.stdout:
        return None
    found = json.loads(got.stdout)
    found["fds"] = {k: v.split(":")[0] for k, v in found["fds"].items()}
    return found


def test_stdin(tally, place):
    data = os.urandom(300000)
    got = run(place.traced("/bin/cat"), input=data)
    tally.check("stdin to stdout", (got.stdout == data, got.stderr, got.returncode)[::2],
                (True, 0))


def test_eof(tally, place):
    """A reader of the app's pipe sees its end while we still run."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        place.traced(PYTHON, "-c", f"import os; os.write(1, b'x'); os.close(1); "
                     f"os.read({reader}, 1)"),
        stdout=subprocess.PIPE, pass_fds=[reader])
    os.close(reader)
    tally.check("stdout ends with the app's descriptor", process.stdout.read(), b"x")
    tally.check("and it still runs", process.poll(), None)
    os.close(writer)
    tally.check("then it ends", process.wait(HANG), 0)
    process.stdout.close()


def test_writer_gone(tally, place):
    """And a writer into its stdin sees EPIPE once the app has closed that."""
    ends = os.pipe()
    process = subprocess.Popen(
        place.traced(PYTHON, "-c", "import os, time; os.close(0); print('closed', "
                     "flush=True); time.sleep(60)"), stdin=ends[0], stdout=subprocess.PIPE)
    os.close(ends[0])
    process.stdout.readline()
    def broken():
        try:
            return os.write(ends[1], b"x") < 0
        except BrokenPipeError:
            return True
    tally.check("nobody else reads the app's stdin", until(broken, 2), True)
    os.close(ends[1])
    process.terminate()
    process.wait(HANG)
    process.stdout.close()


# --- processes that the app leaves ---

def test_orphans(tally, place):
    process = subprocess.Popen(place.traced(place.app, "orphans", "50"),
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    pids = line_of(process)
    tally.check("orphans are reaped", until(lambda: [
        p for pid in pids for p in children(pid) if state(p) == "Z"] == []), True)
    process.terminate()
    tally.check("and the end is as it was", process.wait(HANG), -signal.SIGTERM)
    process.stdout.close()


def test_daemon(tally, place):
    """What the first process leaves is recorded on, and holds nobody up."""
    for rounds in (1, 300):
        out, directory = place.out(), tempfile.mkdtemp(dir=place.path)
        got = run(place.traced(place.app, "daemon", directory, str(rounds), out=out))
        tally.check("the status of the first", got.returncode, 5)
        tally.check("the daemon finishes its calls",
                    until(lambda: os.listdir(directory) == ["daemon-right"]), True)
        tally.check("and all of it is written", until(
            lambda: end_of(out).get("coverage", {}).get("events", 0) >= rounds * 5), True)
        tally.check("ended, exit", [end_of(out).get(k) for k in ("ended", "exit")],
                    ["exit", 5])
        tally.check("nothing lost", end_of(out)["coverage"]["lost"], 0)
        tally.check("nothing is left", until(lambda: not ours(place)), True)


def tracers(place):
    return [pid for pid in ours(place) if os.path.basename(
        os.readlink(f"/proc/{pid}/exe")) == os.path.basename(place.tracer[0])]


def test_daemon_killed(tally, place):
    """The supervisor in the background dies: the second standby answers."""
    directory = tempfile.mkdtemp(dir=place.path)
    got = run(place.traced(place.app, "daemon", directory, "1000"))
    tally.check("the status of the first", got.returncode, 5)
    def parent():
        pids = tracers(place)
        return [p for p in pids if any(c in pids for c in children(p))]
    supervisor = until(parent)
    tally.check("a supervisor and a standby", len(supervisor), 1)
    os.kill(supervisor[0], signal.SIGKILL)
    tally.check("the daemon finishes its calls",
                until(lambda: os.listdir(directory) == ["daemon-right"]), True)
    tally.check("nothing is left", until(lambda: not ours(place)), True)


# --- what happens to us ---

def test_supervisor_killed(tally, place):
    """At random moments of a storm: the app's calls all succeed, its status arrives."""
    count = int(os.environ.get("LIFE_KILLS", "25"))
    missed = said = 0
    for i in range(count):
        process = subprocess.Popen(place.traced(place.app, "storm", place.path,
                                                str(random.choice((1, 4))), "1500"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        pids = line_of(process)
        time.sleep(random.uniform(0, 0.15))
        try:
            os.kill(pids[1], signal.SIGKILL)
        except ProcessLookupError:
            missed += 1
        output, errors = process.communicate(timeout=HANG)
        if not tally.check(f"supervisor killed, {i}",
                           (output, process.returncode), (b"wrong 0\n", 0)):
            print(pids, errors)
        said += b"supervisor died" in errors
    tally.check("it was said", said + missed >= count and said > count // 2, True)
    tally.check("nothing is left", until(lambda: not ours(place)), True)


def test_supervisor_killed_early(tally, place):
    """While all of it starts: the app runs, or we say that it did not."""
    for i in range(25):
        process = subprocess.Popen(place.traced(place.app, "exit", "9"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = until(lambda: children(process.pid), 1)
        time.sleep(random.uniform(0, 0.004))
        if first:
            try:
                os.kill(first[0], signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.communicate(timeout=HANG)
        tally.check(f"killed early, {i}", process.returncode in (9, 125), True)
    tally.check("nothing is left", until(lambda: not ours(place)), True)


def test_standby_killed(tally, place):
    """Whoever kills our PID means the app."""
    process = subprocess.Popen(place.traced(place.app, "storm", place.path, "2",
                                            "10000000"), stdout=subprocess.DEVNULL)
    pids = line_of(process)
    time.sleep(0.05)
    process.kill()
    tally.check("killed", process.wait(HANG), -signal.SIGKILL)
    tally.check("and so is the app", until(lambda: state(pids[2]) is None), True)
    tally.check("nothing is left", until(lambda: not ours(place)), True)


def test_supervisor_stopped(tally, place):
    """For seconds: the standby answers meanwhile; and what it answered is counted."""
    out = place.out()
    process = subprocess.Popen(place.traced(
        "/bin/sh", "-c", f"{place.app} storm {place.path} 2 2000; sleep 6; "
        f"{place.app} storm {place.path} 2 2000", out=out),
        stdout=subprocess.PIPE, bufsize=0)
    pids = line_of(process)
    time.sleep(0.05)
    os.kill(pids[1], signal.SIGSTOP)
    began = time.monotonic()
    first = process.stdout.readline()
    tally.check("the app goes on", (first, state(pids[1])), (b"wrong 0\n", "T"))
    os.kill(pids[1], signal.SIGCONT)
    tally.check("and on", (process.stdout.readline(), process.wait(HANG)),
                (b"wrong 0\n", 0))
    coverage = end_of(out).get("coverage", {})
    tally.check("what was not seen is counted", coverage.get("lost", 0) > 0, True)
    tally.check("and then it saw again", coverage.get("events", 0) > 2 * 2000 * 5, True)
    if tally.verbose:
        print(f"     stopped for {time.monotonic() - began:.1f} s; {coverage}")
    process.stdout.close()


def test_stopped_at_end(tally, place):
    """A supervisor that does not move when the app ends holds nobody up."""
    process = subprocess.Popen(place.traced("/bin/sh", "-c", "echo go; sleep 0.3; exit 6"),
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    pids = line_of(process)
    os.kill(pids[1], signal.SIGSTOP)
    tally.check("the status arrives", process.wait(HANG), 6)
    process.stdout.close()
    tally.check("nothing is left", until(lambda: not ours(place)), True)


def test_signal_while_stopped(tally, place):
    app = Catch(place)
    pids = line_of(app.process)
    os.kill(pids[1], signal.SIGSTOP)
    app.process.send_signal(signal.SIGUSR1)
    got = app.line()
    os.kill(pids[1], signal.SIGCONT)
    time.sleep(0.1)
    tally.check("the standby forwards alone, once", (got, *app.end()), ("10 0", [], 0))


def test_signal_without_supervisor(tally, place):
    app = Catch(place, stderr=subprocess.DEVNULL)
    pids = line_of(app.process)
    os.kill(pids[1], signal.SIGKILL)
    until(lambda: state(pids[1]) is None)
    app.process.send_signal(signal.SIGUSR1)
    got = app.line()
    tally.check("forwarded by the standby alone", (got, *app.end()), ("10 0", [], 0))


def test_abrupt(tally, place):
    """exit_group while threads wait for our answer."""
    for i in range(10):
        got = run(place.traced(place.app, "abrupt", place.path))
        tally.check(f"abrupt end, {i}", got.returncode, 21)


def test_time(tally, place):
    """--for: the record ends, the app does not."""
    out = place.out()
    process = subprocess.Popen(place.traced(place.app, "catch", place.path, out=out,
                                            options=["--for", "1s"]),
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    tally.check("ended by time", (until(lambda: end_of(out).get("ended")),
                                  process.poll()), ("time", None))
    process.terminate()
    process.stdout.read()
    tally.check("and the app goes on to its end", process.wait(HANG), 0)
    process.stdout.close()


# --- as PID 1 ---

UNSHARE = ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def test_init(tally, place):
    """In front of the app as PID 1."""
    for code in (0, 3, 127):
        got = run([*UNSHARE, *place.traced(place.app, "exit", str(code))])
        tally.check(f"PID 1: exit {code}", got.returncode, code)
    got = run([*UNSHARE, *place.traced(place.app, "die", "9")])
    tally.check("PID 1: death by signal is 128 + n", got.returncode, 137)
    out = place.out()
    got = run([*UNSHARE, *place.traced("/bin/sh", "-c", "sleep 1000 & exit 4", out=out)])
    tally.check("PID 1: the rest ends with us", (got.returncode, end_of(out).get("exit")),
                (4, 4))
    got = run([*UNSHARE, *place.traced(place.app, "die", "6")])
    tally.check("PID 1: abort", got.returncode, 134)
    tally.check("nothing is left", until(lambda: not ours(place)), True)


def init_pid(process):
    return until(lambda: children(process.pid))[0]


def test_init_signals(tally, place):
    for options in ((), ("--pid1",)):
        app = Catch(place, prefix=UNSHARE, options=options)
        target = init_pid(app.process)
        got = []
        for sig in (1, 2, 10, 12):
            os.kill(target, sig)
            got.append(app.line())
        os.kill(target, signal.SIGTERM)
        got.append(app.line())
        tally.check(f"PID 1{options}: signals from outside",
                    (got, app.process.wait(HANG)),
                    (["1 0", "2 0", "10 0", "12 0", "15 0"], 0))


def test_init_supervisor_killed(tally, place):
    process = subprocess.Popen([*UNSHARE, *place.traced(place.app, "storm", place.path,
                                                        "2", "8000")],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    first = until(lambda: [p for p in children(init_pid(process)) if children(p)])
    time.sleep(0.05)
    os.kill(first[0], signal.SIGKILL)
    output = process.communicate(timeout=HANG)[0]
    tally.check("PID 1: supervisor killed", (output, process.returncode),
                (b"wrong 0\n", 0))


def test_pid1(tally, place):
    """--pid1: the app is PID 1, and sees no child that is not its own."""
    code = ("import os\nprint(os.getpid(), flush=True)\n"
            "try:\n os.waitpid(-1, os.WNOHANG)\n"
            "except ChildProcessError:\n print('none', flush=True)\n"
            "pid = os.fork()\nif pid == 0: os._exit(3)\n"
            "print(os.waitpid(-1, 0)[0] == pid)\n"
            "try:\n os.wait()\nexcept ChildProcessError:\n print('none again')\n"
            "open('%s/by-pid1', 'w').close()\n"
            "os._exit(__import__('sys').stdout.flush() or 17)\n" % place.path)
    out = place.out()
    got = run([*UNSHARE, *place.traced(PYTHON, "-c", code, options=["--pid1"], out=out)])
    tally.check("--pid1", (got.stdout, got.returncode),
                (b"1\nnone\nTrue\nnone again\n", 17))
    tally.check("--pid1: and the call went through",
                os.path.exists(place.path + "/by-pid1"), True)
    got = run([*UNSHARE, *place.traced(place.path + "/nothing", options=["--pid1"])])
    tally.check("--pid1: no such program", (got.returncode, b"ENOENT" in got.stderr),
                (127, True))
    out = place.out()
    got = run(place.traced(place.app, "exit", "8", options=["--pid1"], out=out))
    tally.check("--pid1 without a namespace", got.returncode, 8)
    tally.check("--pid1: the end is written", until(lambda: end_of(out).get("ended")),
                "exit")
    tally.check("nothing is left", until(lambda: not ours(place)), True)


def main():
    # What was started in the background, or by nohup, ignores these, and hands it on.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    if not os.access("/usr/bin/unshare", os.X_OK):
        harness.skip("needs unshare")
    tally = harness.Tally("-v" in sys.argv)
    harness.seeded()
    place = Place()
    try:
        harness.each(tally, harness.tests_of(globals()), place)
    finally:
        place.done()
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
