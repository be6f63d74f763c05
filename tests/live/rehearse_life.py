#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What `taskprobe rehearse` says, writes and exits with: where the app ends well, badly,
by a signal or not at all; where the rehearsal is invalid; where the plan is none."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness
import schema

HANG = 60
RING = "import ctypes; ctypes.CDLL(None).syscall(425, 4, ctypes.create_string_buffer(120))"
FIRST = "taskprobe: rehearsal "


class Arena:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="taskprobe-rehearse-life-", dir="/var/tmp")
        for name in ("work", "root"):
            os.mkdir(self.at(name))

    def at(self, name):
        return os.path.join(self.directory, name)

    def done(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def plan(self, mounts, **more):
        with open(self.at("plan"), "w", encoding="utf-8") as file:
            json.dump({"schema": "taskprobe.plan/1", "mounts": mounts, **more}, file)
        return self.at("plan")

    def words(self, command, *options):
        return [harness.taskprobe(), "rehearse", "--every-mount", *options, "-o",
                self.at("document"), "--", *command]

    def run(self, command, *options, **how):
        """(exit status, standard output, standard error, document)"""
        if os.path.exists(self.at("document")):
            os.unlink(self.at("document"))
        done = subprocess.run(self.words(command, *options), capture_output=True, text=True,
                              timeout=HANG, check=False, **{"cwd": self.directory, **how})
        return done.returncode, done.stdout, done.stderr, self.document()

    def sh(self, script, *options, **how):
        return self.run(["sh", "-c", script], *options, **how)

    def document(self):
        try:
            with open(self.at("document"), encoding="utf-8") as file:
                found = json.load(file)
        except FileNotFoundError:
            return None
        wrong = schema.errors(found)
        if wrong:
            raise ValueError(f"not as docs/schema/rehearsal.json has it: {wrong}")
        return found


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def verdict(err):
    return next((line for line in err.splitlines() if line.startswith(FIRST)), err[-500:])


def test_status(tally, arena):
    status, out, err, found = arena.sh("echo hello; exit 0")
    tally.check("passes: status", status, 0)
    tally.check("passes: output is the app's alone", out, "hello\n")
    tally.check("passes: first line", err.startswith(FIRST + "passed: "), True)
    tally.check("passes: it says what it is", "not a security boundary" in err, True)
    tally.check("passes: document", (found["valid"], found["ended"], found["exit"],
                                     found["refused"]), (True, "exit", 0, []))
    for options, want in ((), 0), (("--strict",), 1):
        status, _, err, found = arena.sh("touch root/a 2>&1; exit 0", *options)
        tally.check(f"refused {options}: status", status, want if options else 0)
        tally.check("refused: first line", FIRST + "refused: 1 operation was refused" in
                    verdict(err), True)
        tally.check("refused: nothing was made", os.listdir(arena.at("root")), [])
    one = found["refused"][0]
    tally.check("refused: the entry", (one["path"], one["call"], one["error"], one["uid"],
                                       one["count"], os.path.basename(one["exe"])),
                (arena.at("root/a"), "openat", "EROFS", os.geteuid(), 1, "touch"))
    for code in 1, 7, 125:
        status, _, _, found = arena.sh(f"touch root/a; exit {code}", "--strict")
        tally.check(f"exit {code}", (status, found["exit"]), (code, code))
        tally.check(f"exit {code}: the last one", found["before_the_end"][0]["path"],
                    arena.at("root/a"))
    status, _, err, found = arena.sh("touch root/a; kill -SEGV $$")
    tally.check("signal: status", status, -signal.SIGSEGV)
    tally.check("signal: document", (found["ended"], found["exit"]), ("signal", 139))
    tally.check("signal: first line", "ended by signal 11" in verdict(err), True)
    status, _, err, _ = arena.run(["/no/such/program"])
    tally.check("no such program", (status, "INVALID" in err), (127, True))


def test_permissive(tally, arena):
    status, _, err, found = arena.sh("touch root/a; mv root/a work/a; rm work/a", "--permissive",
                                     "--plan", arena.plan([{"path": arena.at("work"),
                                                            "kind": "volume"}]))
    tally.check("permissive: status", status, 0)
    tally.check("permissive: first line", "would be refused" in verdict(err), True)
    tally.check("permissive: what", [(one["error"], one["call"]) for one in found["refused"]],
                [("EROFS", "openat"), ("EXDEV", "renameat2"), ("EROFS", "utimensat")])
    status, _, _, _ = arena.sh("touch root/a; rm root/a", "--permissive", "--strict")
    tally.check("permissive and strict: status", status, 1)


def test_plan(tally, arena):
    made = arena.at("new/deep")
    plan = arena.plan([{"path": made, "kind": "tmpfs", "uid": os.geteuid(),
                        "gid": os.getegid(), "mode": 0o700, "options": ["exec"]}],
                      environment=[{"name": "TMPDIR", "value": made, "reason": "x"}],
                      image_changes=[{"dockerfile": "RUN true", "reason": "x"}])
    status, out, err, found = arena.sh(":>$TMPDIR/a; ls $TMPDIR; stat -c %a $TMPDIR; "
                                       "rmdir $TMPDIR", "--plan", plan)
    tally.check("plan: the mount point is made, the variable set", out, "a\n700\n")
    tally.check("plan: a mount point is busy",
                [(one["error"], one["call"], one.get("natively")) for one in found["refused"]],
                [("EROFS", "rmdir", "ENOTEMPTY")])
    tally.check("plan: changes of the image are a blind spot",
                any("changes to the image" in spot for spot in found["blind_spots"]), True)
    tally.check("plan: its mounts are told", [m["path"] for m in found["mounts"]], [made])
    os.symlink("new", arena.at("link"))
    plan = arena.plan([{"path": arena.at("link/deep"), "kind": "volume"}])
    os.unlink(os.path.join(made, "a"))
    tally.check("plan: a link on the way", arena.sh(f":>{made}/b", "--plan", plan)[0], 0)
    with open(arena.at("work/image"), "w", encoding="ascii"):
        pass
    plan = arena.plan([{"path": arena.at("work"), "kind": "tmpfs", "size_mib": 1}])
    status, _, err, found = arena.sh("exit 0", "--plan", plan)
    tally.check("plan: what would be hidden", (status, "INVALID: 1 entry of " in verdict(err)),
                (125, True))
    tally.check("plan: no limits", "ENOSPC" in " ".join(found["blind_spots"]), True)
    os.unlink(arena.at("work/image"))


def test_owner(tally, arena):
    """The plan's owner decides, until the app changes it."""
    if os.geteuid() != 0:
        return
    os.chmod(arena.directory, 0o755)
    os.chown(arena.at("work"), 1000, 1000)
    for owner, script, want in (0, "touch work/a", 1), (1000, "touch work/a; rm work/a", 0):
        plan = arena.plan([{"path": arena.at("work"), "kind": "volume", "uid": owner,
                            "gid": owner, "mode": 0o755}])
        status, _, _, found = arena.run(
            ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "sh", "-c", script],
            "--plan", plan)
        tally.check(f"owner {owner}: status", status, want)
        tally.check(f"owner {owner}: errors", [one["error"] for one in found["refused"]],
                    ["EACCES"] if want else [])
    plan = arena.plan([{"path": arena.at("work"), "kind": "volume", "uid": 0, "gid": 0,
                        "mode": 0o755}])
    status, _, _, _ = arena.sh("chown 1000 work; setpriv --reuid=1000 --regid=1000 "
                               "--clear-groups sh -c 'touch work/a; rm work/a'", "--plan", plan)
    tally.check("owner changed by the app", status, 0)
    os.chown(arena.at("work"), 0, 0)


def test_bad_plans(tally, arena):
    bad = {"a path with ..": arena_plan([{"path": "/a/../b", "kind": "tmpfs"}]),
           "the root": arena_plan([{"path": "/", "kind": "tmpfs"}]),
           "relative": arena_plan([{"path": "a", "kind": "tmpfs"}]),
           "no path": arena_plan([{"kind": "tmpfs"}]),
           "no such kind": arena_plan([{"path": "/a", "kind": "nfs"}]),
           "twice": arena_plan([{"path": "/tmp", "kind": "tmpfs"},
                                {"path": "/tmp/", "kind": "tmpfs"}]),
           "proc": arena_plan([{"path": "/proc/sys", "kind": "tmpfs"}]),
           "no option of a tmpfs": arena_plan([{"path": "/tmp", "kind": "tmpfs",
                                                "options": ["bogus"]}]),
           "a file": arena_plan([{"path": "/etc/passwd", "kind": "tmpfs"}]),
           "an owner below zero": arena_plan([{"path": "/a", "kind": "tmpfs", "uid": -7,
                                               "mode": 448}]),
           "another's": arena_plan([], container="other"),
           "another schema": '{"schema": "taskprobe.inventory/1"}',
           "no object": "[1]", "empty": "", "cut": '{"schema": "taskprobe.plan/1", "mou',
           "mounts that are none": '{"schema": "taskprobe.plan/1", "mounts": 7}'}
    for name, text in bad.items():
        with open(arena.at("plan"), "w", encoding="utf-8") as file:
            file.write(text)
        status, out, err, found = arena.sh("echo ran", "--plan", arena.at("plan"),
                                           "--container", "app")
        tally.check(f"plan, {name}: status", (status, out, found), (125, "", None))
        tally.check(f"plan, {name}: words", "rehearse: INVALID: " in err, True)
    status, _, _, _ = arena.sh("echo ran", "--plan", arena.at("none"))
    tally.check("no plan there", status, 125)


def arena_plan(mounts, **more):
    return json.dumps({"schema": "taskprobe.plan/1", "mounts": mounts, **more})


def test_invalid(tally, arena):
    status, _, err, found = arena.run(["python3", "-c", RING])
    if found and any("io_uring" in word for word in found["invalid"] + found["blind_spots"]):
        tally.check("io_uring: status", status, 125)
        tally.check("io_uring: first line", (verdict(err).startswith(FIRST + "INVALID: "),
                                             "io_uring" in verdict(err)), (True, True))
        status, _, _, found = arena.run(["python3", "-c", RING], "--refuse-io-uring")
        tally.check("io_uring refused", (status, found["valid"]), (0, True))
    if os.geteuid() == 0:
        status, _, err, found = arena.run(["unshare", "-m", "sh", "-c", "touch root/a; rm root/a"])
        tally.check("mounts of its own: status", (status, found["valid"]), (125, False))
        tally.check("mounts of its own: words", "mount namespace" in verdict(err), True)


def test_interpreter(tally, arena):
    """noexec holds for what a script names, too, and a link to it."""
    shutil.copy("/bin/sh", arena.at("work/sh"))
    os.symlink("work/sh", arena.at("linked"))
    for name, interpreter in (("direct", "work/sh"), ("by-link", "linked")):
        with open(arena.at(name), "w", encoding="ascii") as file:
            file.write(f"#! {arena.at(interpreter)} -e\nexit 3\n")
        os.chmod(arena.at(name), 0o755)
        for options, want in (["exec"], 3), (["noexec"], 126):
            plan = arena.plan([{"path": arena.at("work"), "kind": "volume", "options": options,
                                "carries_image_content": True}])
            status, _, _, found = arena.sh(f"./{name}", "--plan", plan)
            tally.check(f"interpreter {name} {options}: status", status, want)
            tally.check(f"interpreter {name} {options}: refused",
                        [(one["path"], one["error"]) for one in found["refused"]],
                        [(arena.at(name), "EACCES")] if want == 126 else [])
    os.unlink(arena.at("work/sh"))


BORDER = '''
import ctypes, os, struct, sys
def opened(place):
    ctypes.set_errno(0)
    how = struct.pack("QQQ", 0, 0, 1)
    libc.syscall(437, -100, place.encode(), how, 24)
    return ctypes.get_errno()
libc = ctypes.CDLL(None, use_errno=True)
print(*[opened(place) for place in sys.argv[1:]])
'''


def test_border(tally, arena):
    """openat2's RESOLVE_NO_XDEV: into a planned mount, out of one, and within."""
    plan = arena.plan([{"path": arena.at("work"), "kind": "volume"}])
    places = ["work", "root", "work/../root", "root/../root", "work/none", "root/none"]
    status, out, _, _ = arena.run(["python3", "-c", BORDER, *places], "--plan", plan)
    tally.check("openat2 and a planned mount", (status, out), (0, "18 0 18 0 18 2\n"))
    status, out, _, _ = arena.run(["sh", "-c", 'cd work && exec python3 -c "$@"', "sh", BORDER,
                                   ".", "none", ".."], "--plan", plan)
    tally.check("openat2 within a planned mount", (status, out), (0, "0 2 18\n"))


KEPT = '''
set -e
mkdir -p work/user/plan work/b
mount -t tmpfs user work/user; mount -t tmpfs -o ro closed work/b; echo mine > work/user/file
mkdir work/user/plan; echo > work/hosts; mount --bind work/hosts work/hosts
'''


def test_kept(tally, arena):
    """What is mounted below a plan's mount stays on it, and a plan's in that on that."""
    if os.geteuid() != 0 or arena.sh("exit 0", "--real")[0] == 125:
        return
    plan = arena.plan([{"path": arena.at(path), "kind": "volume", "uid": 0, "gid": 0,
                        "mode": 0o755} for path in ("work", "work/user/plan")])
    for options in [], ["--real"]:
        words = arena.words(["sh", "-c", "cat work/user/file; touch work/new work/user/plan/new "
                             "&& stat -fc %t work/user; touch work/b/new; echo >> work/hosts"],
                            "--plan", plan, *options)
        words.remove("--every-mount")
        done = subprocess.run(["unshare", "-m", "sh", "-c", KEPT + 'exec "$@"', "sh", *words],
                              capture_output=True, text=True, timeout=HANG, check=False,
                              cwd=arena.directory)
        tally.check(f"kept {options}: the user's volume is there", done.stdout,
                    "mine\n1021994\n")
        tally.check(f"kept {options}: what is read-only is so, what is not is not",
                    ("work/b/new" in done.stderr, "hosts" in done.stderr), (True, False))
    shutil.rmtree(arena.at("work"))
    os.mkdir(arena.at("work"))


def test_no_document(tally, arena):
    """Where there will be no document nothing is started."""
    for file, want in ((arena.at("root"), 125), (arena.at("none/document"), 125),
                       ("/dev/stdout", 2), ("/proc/self/fd/1", 2), ("-", 2)):
        done = subprocess.run([harness.taskprobe(), "rehearse", "--every-mount", "-o", file, "--",
                               "echo", "ran"], capture_output=True, text=True, timeout=HANG,
                              check=False)
        tally.check(f"document to {file}", (done.returncode, done.stdout), (want, ""))


def test_real(tally, arena):
    """The mounts are there, the image's files stay as they are, and so does the machine."""
    if os.geteuid() != 0 or arena.sh("exit 0", "--real")[0] == 125:
        return
    with open(arena.at("work/image"), "w", encoding="ascii") as file:
        file.write("of the image")
    os.chmod(arena.at("work"), 0o1751)
    mounts = read("/proc/self/mountinfo")
    plan = arena.plan([{"path": arena.at("work"), "kind": "volume", "uid": 0, "gid": 0,
                        "mode": 0o755, "carries_image_content": True}])
    status, out, _, found = arena.sh("cat work/image; stat -c ' %a' work; echo new > work/image; "
                                     "echo x > work/b; mv work/b work/image; touch root/a",
                                     "--real", "--plan", plan)
    tally.check("real: the content is there, with its mode", (status, out),
                (1, "of the image 1751\n"))
    tally.check("real: what is refused", [one["path"] for one in found["refused"]],
                [arena.at("root/a")])
    tally.check("real: the image's files are as they were",
                (os.listdir(arena.at("work")), read(arena.at("work/image"))),
                (["image"], "of the image"))
    tally.check("real: the machine's mounts, too", read("/proc/self/mountinfo"), mounts)
    os.unlink(arena.at("work/image"))
    os.chmod(arena.at("work"), 0o755)
    plan = arena.plan([{"path": arena.at("work"), "kind": "tmpfs", "uid": 7, "gid": 8,
                        "mode": 0o711, "size_mib": 1, "options": ["rprivate", "size=2m"]}])
    status, out, _, _ = arena.sh("stat -c '%a %u %g' .; df -k . | tail -1; :>a",
                                 "--real", "--plan", plan, cwd=arena.at("work"))
    tally.check("real: the working directory is on the mount, with its options",
                (status, out.split()[:5]), (0, ["711", "7", "8", "tmpfs", "2048"]))
    tally.check("real: nothing was made beside it", os.listdir(arena.at("work")), [])


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def wait_until(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def test_killed(tally, arena):
    app = ["sh", "-c", "touch root/a; sleep 2; touch root/b; rm root/b; exec sleep 600"]
    for who in "supervisor", "front":
        with subprocess.Popen(arena.words(app), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, cwd=arena.directory) as process:
            tally.check(f"{who}: refused so far is in the document", wait_until(
                lambda: (arena.document() or {"refused": []})["refused"] != []), True)
            supervisor = children_of(process.pid)[0]
            os.kill(supervisor if who == "supervisor" else process.pid, signal.SIGKILL)
            if who == "supervisor":
                # The app goes on alone; it is ours to end.
                tally.check("supervisor: the app goes on", wait_until(
                    lambda: harness.processes("sleep\x00600")), True)
                process.terminate()
            err = process.communicate(timeout=HANG)[1]
            status = process.returncode
        # Who kills the one in front means the app, which dies with it.
        ended = "running" if who == "supervisor" else "signal"
        tally.check(f"{who}: the document's end", wait_until(
            lambda end=ended: arena.document()["ended"] == end), True)
        found = arena.document()
        tally.check(f"{who}: the document is invalid", found["valid"], who != "supervisor")
        tally.check(f"{who}: and whole", found["refused"][0]["path"], arena.at("root/a"))
        if who == "supervisor":
            tally.check("supervisor: status", status, 125)
            tally.check("supervisor: it is said", "INVALID" in err, True)
        tally.check(f"{who}: nobody is left", wait_until(
            lambda: not harness.processes("sleep\x00600")), True)
        os.unlink(arena.at("document"))
        if os.path.exists(arena.at("root/b")):
            os.unlink(arena.at("root/b"))


def test_background(tally, arena):
    status, _, err, found = arena.sh("(sleep 1; touch root/late) >/dev/null 2>&1 & touch root/a; exit 3")
    tally.check("background: status", status, 3)
    tally.check("background: first line", "first process ended with 3" in verdict(err), True)
    tally.check("background: what came later", wait_until(
        lambda: len(arena.document()["refused"]) == 2), True)
    tally.check("background: its end", wait_until(
        lambda: arena.document()["ended"] == "exit"), True)
    del found


def test_time(tally, arena):
    status, out, err, found = arena.sh("touch root/a; sleep 2; touch root/b && echo alone; exit 4",
                                       "--for", "1s")
    tally.check("for: the app goes on alone", (status, out), (4, "alone\n"))
    tally.check("for: document", (found["valid"], found["ended"], found["exit"],
                                  len(found["refused"]), found["before_the_end"]),
                (True, "time", -1, 1, []))
    tally.check("for: first line", verdict(err),
                FIRST + "refused: 1 operation was refused in the time given; the app goes on alone")
    os.unlink(arena.at("root/b"))


UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def test_pid1(tally, arena):
    app = ["sh", "-c", "echo $$; touch root/a; exit 5"]
    status, out, _, found = arena.run(app, "--pid1")
    tally.check("pid1: status", status, 5)
    tally.check("pid1: the end", wait_until(lambda: arena.document()["ended"] == "exit"), True)
    found = arena.document()
    tally.check("pid1: document", (found["valid"], found["exit"], found["refused"][0]["path"]),
                (True, -1, arena.at("root/a")))
    if os.geteuid() != 0:
        return
    words = arena.words(["sh", "-c", "echo $$; touch root/a; sleep 2; exit 5"],
                        "--pid1", "--for", "1s")
    done = subprocess.run([*UNSHARE, *words], capture_output=True, text=True, timeout=HANG,
                          cwd=arena.directory, check=False)
    found = arena.document()
    tally.check("pid1: as PID 1", (done.returncode, done.stdout), (5, "1\n"))
    tally.check("pid1: as PID 1, document", (found["valid"], found["ended"],
                                             len(found["refused"])), (True, "time", 1))
    done = subprocess.run([*UNSHARE, *arena.words(app, "--pid1")], capture_output=True, text=True,
                          timeout=HANG, cwd=arena.directory, check=False)
    tally.check("pid1: without a time it is said", "--for TIME" in done.stderr, True)
    tally.check("pid1: without a time it is not valid", arena.document()["valid"], False)


def test_fifo(tally, arena):
    os.mkfifo(arena.at("fifo"))
    with subprocess.Popen(["cat", arena.at("fifo")], stdout=subprocess.PIPE) as reader:
        subprocess.run([harness.taskprobe(), "rehearse", "--every-mount", "-f",
                        "json=" + arena.at("fifo"), "-f", "text=" + arena.at("page"), "--",
                        "sh", "-c", f"touch {arena.at('root/a')}; sleep 2"], check=False,
                       timeout=HANG, stderr=subprocess.PIPE)
        text = reader.communicate(timeout=HANG)[0]
    tally.check("FIFO: one document", json.loads(text)["ended"], "exit")
    with open(arena.at("page"), encoding="utf-8") as file:
        tally.check("page in a file", file.readline().startswith(FIRST + "refused"), True)


def main():
    tally = harness.Tally("-v" in sys.argv)
    arena = Arena()
    try:
        harness.each(tally, harness.tests_of(globals()), arena)
    finally:
        arena.done()
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
