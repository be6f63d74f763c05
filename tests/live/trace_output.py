#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Where the records of `taskprobe trace` go: read-only containers, full disks, FIFOs,
terminals; and what is left after everything was killed."""
import base64
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

import harness
from lab import roots
from lab.task import Task

# A page or a summary may say anything in between, but not these.
RAW = [chr(c) for c in range(32) if c != 10] + ["\x7f", "\x9b", "\u202e"]


def app_image(program):
    busybox = roots.busybox()
    return roots.Image("app", program.layers + busybox.layers, busybox.config)


def app(script, *options, **more):
    """A container that runs `script` under trace, with /out a volume of its own."""
    return {"name": "app", "image": "app",
            "mountPoints": [{"sourceVolume": "out", "containerPath": "/out"}],
            "entryPoint": ["/taskprobe", "trace", *options, "--"],
            "command": ["sh", "-c", script], **more}


class Run:
    """One container, run to its end unless a test does it. `out`: /out, from here."""

    def __init__(self, image, container, out=True, network="none"):
        self.directory = tempfile.mkdtemp(prefix="taskprobe-out-", dir="/var/tmp")
        definition = {"family": "trace", "revision": 1, "networkMode": network,
                      "volumes": [{"name": "out"}], "containerDefinitions": [container]}
        if out:
            definition["volumes"] = [{"name": "out", "host": {"sourcePath": self.directory}}]
        self.task = Task(definition, images={"app": image})

    def __enter__(self):
        self.task.up()
        return self

    def __exit__(self, *_):
        self.task.down()
        shutil.rmtree(self.directory, ignore_errors=True)

    def out(self, name="inventory"):
        return os.path.join(self.directory, name)

    def end(self):
        return self.task.wait("app")

    def words(self):
        return self.task.stderr("app")

    def records(self, name="inventory"):
        with open(self.out(name), "rb") as file:
            return [json.loads(line) for line in file.read().split(b"\n") if line]


def of_kind(records, kind):
    return [r for r in records if r["record"] == kind]


def paths(records):
    """{path: {op: {"written": n, "ERRNO": n}}}, added up."""
    found = {}
    for r in of_kind(records, "path"):
        path = (base64.b64decode(r["path_b64"]) if "path_b64" in r else r["path"].encode())
        for op, count in r["ops"].items():
            sums = found.setdefault(path, {}).setdefault(op, {})
            for key, n in [("written", count["written"]), *count.get("failed", {}).items()]:
                if n:
                    sums[key] = sums.get(key, 0) + n
    return found


def test_read_only(tally, image):
    """The only writable mount takes the inventory; stdout is the app's."""
    script = "echo hello; mkdir /tmp/a; echo x >/srv/new; echo y >/out/mine; exit 3"
    with Run(image, app(script, "-o", "/out/inventory", readonlyRootFilesystem=True)) as run:
        tally.check("the status is handed on", run.end(), 3)
        tally.check("stdout is the app's alone", run.task.stdout("app"), "hello\n")
        records = run.records()
        tally.check("a run first, an end last",
                    [records[0]["record"], records[-1]["record"]], ["run", "end"])
        tally.check("what failed", paths(records),
                    {b"/tmp/a": {"mkdir": {"EROFS": 1}}, b"/srv/new": {"create": {"EROFS": 1}}})
        tally.check("the end", (records[-1]["ended"], records[-1]["exit"]), ("exit", 3))
        tally.check("the command", records[0]["command"], ["sh", "-c", script])
        tally.check("one line that sums up",
                    [line for line in run.words().splitlines() if "taskprobe: trace:" in line
                     and line.endswith(": /out/inventory")] != [], True)


def test_writable(tally, image):
    """What the image held, and the page without -o."""
    script = ("echo x >>/home/app/notes; rm /bin/yes; mkdir -p /srv/a/b; echo 12345 >/srv/a/b/c;"
              "mv /srv/a/b/c /srv/a/b/d; ln /srv/a/b/d /srv/a/e; kill -TERM $$")
    with Run(image, app(script, "-f", "json=/out/inventory", "-f", "text")) as run:
        tally.check("a signal is handed on", run.end(), 128 + signal.SIGTERM)
        records = run.records()
        found = {r["path"]: r for r in of_kind(records, "path")}
        for path, there in (("/home/app/notes", True), ("/bin/yes", True), ("/srv/a", False),
                            ("/srv/a/b/c", False), ("/srv/a/b/d", False)):
            tally.check(f"{path} in the image", found.get(path, {}).get("in_image"), there)
        tally.check("gone again", [found[p]["exists"] for p in ("/srv/a/b/c", "/srv/a/b/d")],
                    [False, True])
        tally.check("how large", found["/srv/a/b/d"].get("size"), 6)
        pairs = {(r["op"], r["from"], r["to"]) for r in of_kind(records, "pair")}
        tally.check("the pairs", pairs, {("rename", "/srv/a/b/c", "/srv/a/b/d"),
                                         ("link", "/srv/a/b/d", "/srv/a/e")})
        dirs = {}
        for r in of_kind(records, "dir"):
            dirs[r["path"]] = r
        tally.check("what directories held", [dirs[p]["entries"] for p in ("/home/app", "/srv")],
                    [1, 0])
        tally.check("whose they are", [(dirs[p]["uid"], dirs[p]["mode"])
                                       for p in ("/home/app", "/srv")], [(1000, 0o755), (0, 0o755)])
        tally.check("all above them", {"/", "/home", "/srv/a", "/srv/a/b"} <= set(dirs), True)
        tally.check("how large it grew", dirs["/srv"]["peak_bytes"], 6)
        tally.check("the end", (records[-1]["ended"], records[-1]["exit"]), ("signal", 143))
        page = run.words()
        for word in ("/home/app/notes", "/bin/yes", "/srv/a/b", "sh"):
            tally.check(f"the page names {word}", word in page, True)
        tally.check("worst first", page.index("/home/app/notes") < page.index("/srv/a"), True)


def test_full(tally, image):
    """A full tmpfs is a message; the app goes on, and what waited comes later."""
    tmpfs = {"tmpfs": [{"containerPath": "/small", "size": 1, "mountOptions": []}]}
    script = ("dd if=/dev/zero of=/small/fill bs=4096 2>/dev/null; "
              "for i in $(seq 300); do echo $i >/srv/$i; done; sleep 2.5; echo done; {}exit 9")
    container = app(script.format(""), "-o", "/small/inventory", linuxParameters=tmpfs)
    with Run(image, container) as run:
        tally.check("the app is unharmed", (run.end(), run.task.stdout("app")), (9, "done\n"))
        words = run.words()
        tally.check("the full disk is said", "ENOSPC" in words, True)
        tally.check("but once", words.count("ENOSPC"), 1)
        tally.check("and that it is not complete", "not complete" in words, True)
    again = "rm /small/fill; sleep 2.5; cat /small/inventory >/out/inventory; "
    container = app(script.format(again), "-o", "/small/inventory", linuxParameters=tmpfs)
    with Run(image, container) as run:
        tally.check("with room again", run.end(), 9)
        found = paths(run.records())
        tally.check("what waited was written then",
                    [i for i in range(1, 301) if f"/srv/{i}".encode() not in found], [])
        tally.check("each once", found[b"/srv/7"], {"create": {"written": 1}})
        tally.check("without a word of loss", "not complete" in run.words(), False)


def test_limit(tally, image):
    """The app's own limit of file sizes is no limit of ours to die of."""
    script = "for i in $(seq 50); do : >/srv/$i; done; exit 4"
    limits = [{"name": "fsize", "softLimit": 1000, "hardLimit": 1000}]
    with Run(image, app(script, "-o", "/out/inventory", ulimits=limits)) as run:
        tally.check("a file size limit harms nobody", run.end(), 4)
        tally.check("it is said", "EFBIG" in run.words(), True)


def test_fifo(tally, image):
    script = "for i in $(seq 2000); do : >/srv/$i; done; echo done; exit 5"
    for reader in True, False:
        run = Run(image, app(script, "-o", "/out/fifo"))
        os.mkfifo(run.out("fifo"))
        got = []

        def read(path=run.out("fifo"), ret=got):
            with open(path, "rb") as file:
                ret.append(file.read())

        thread = threading.Thread(target=read, daemon=True)
        with run:
            if reader:
                thread.start()
            tally.check(f"into a FIFO, reader: {reader}", run.end(), 5)
            tally.check("the app's output", run.task.stdout("app"), "done\n")
            if not reader:
                tally.check("that it is not complete is said",
                            "not complete" in run.words(), True)
                continue
            thread.join(60)
            records = [json.loads(line) for line in got[0].splitlines()]
            tally.check("all came through", len([p for p in paths(records)
                                                 if p.startswith(b"/srv/")]), 2000)
            tally.check("to the end", records[-1]["record"], "end")


def test_killed(tally, image):
    """SIGKILL for all: what is older than the last seconds is in the file."""
    script = ("i=0; while :; do i=$((i+1)); echo $i >/srv/$i; echo $i >>/out/log; "
              "usleep 20000; done")
    with Run(image, app(script, "-o", "/out/inventory")) as run:
        time.sleep(5)
        run.task.kill("app", signal.SIGKILL)
        run.end()
        with open(run.out("log"), encoding="ascii") as file:
            done = int(file.read().split()[-1])
        # The last line may be half a one: whoever reads takes the others.
        with open(run.out(), "rb") as file:
            lines = file.read().split(b"\n")
        found = paths([json.loads(line) for line in lines[:-1]])
        there = [int(p[5:]) for p in found if p.startswith(b"/srv/")]
        tally.check("what was written before is there without a gap",
                    sorted(there), list(range(1, max(there, default=0) + 1)))
        # The last second, and half of all for a machine that is busy.
        tally.check(f"at most the last second is lost ({max(there, default=0)} of {done})",
                    max(there, default=0) > done / 2, True)
        tally.check("there is no end", b'"record":"end"' in lines[-2], False)
        merged = subprocess.run([harness.taskprobe(), "merge", "-f", "text", run.out()],
                                capture_output=True, text=True)
        tally.check("merge reads it", (merged.returncode, "/srv" in merged.stdout), (0, True))
        tally.check("and says that it is cut off", "truncated" in merged.stdout + merged.stderr
                    or "killed" in merged.stdout + merged.stderr, True)


def test_names(tally, image):
    """Escapes in names never reach a terminal or a log raw."""
    names = ["\x1b[31mred", "new\nline", "tab\there", "\x9bc1", "\u202eright", "quote\"'\\"]
    made = "".join("printf x >'/srv/" + name.replace("'", "'\\''") + "'; " for name in names)
    made += "printf x >\"/srv/$(printf 'bad\\377utf')\"; "
    with Run(image, app(made, "-f", "text", "-f", "json=/out/inventory")) as run:
        run.end()
        page = run.words()
        tally.check("no raw control characters", [c for c in RAW if c in page], [])
        found = paths(run.records())
        want = {b"/srv/" + n.encode() for n in names} | {b"/srv/bad\xffutf"}
        tally.check("and yet each byte is in the inventory", sorted(want - set(found)), [])
        with open(run.out(), "rb") as file:
            data = file.read()
        tally.check("nor in the lines", [c for c in RAW[:31] if c.encode() in data], [])


def test_for(tally, image):
    script = ": >/srv/early; sleep 4; : >/srv/late; echo alive; exit 6"
    with Run(image, app(script, "-o", "/out/inventory", "--for", "1s")) as run:
        tally.check("--for: the app goes on", (run.end(), run.task.stdout("app")), (6, "alive\n"))
        records = run.records()
        found = paths(records)
        tally.check("what came before", (b"/srv/early" in found, b"/srv/late" in found),
                    (True, False))
        tally.check("that the time was up", (records[-1]["ended"], records[-1]["exit"]),
                    ("time", -1))


def test_background(tally, _):
    """The page comes when the first process ends; the lines go on with the others."""
    directory = tempfile.mkdtemp(prefix="taskprobe-out-", dir="/var/tmp")
    inventory, work = directory + "/inventory", directory + "/work"
    os.mkdir(work)
    script = f"cd {work}; : >early; (sleep 3; : >late) >/dev/null 2>&1 & exit 3"
    done = trace("-f", "text", "-f", "json=" + inventory, "--every-mount", "--", "sh", "-c", script)
    tally.check("the first process's status", done.returncode, 3)
    tally.check("the page does not wait", (work + "/early" in done.stderr,
                                           work + "/late" in done.stderr), (True, False))
    tally.check("it says so", "other processes" in done.stderr, True)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with open(inventory, "rb") as file:
            data = file.read()
        if b'"record":"end"' in data:
            break
        time.sleep(0.1)
    records = [json.loads(line) for line in data.splitlines()]
    tally.check("the lines go on", [f"{work}/{name}".encode() in paths(records)
                                    for name in ("early", "late")], [True, True])
    tally.check("to their end", (records[-1]["ended"], records[-1]["exit"]), ("exit", 3))
    shutil.rmtree(directory)


def test_closed(tally, image):
    """A directory that we may not read: its content is not known, and that is said."""
    layer = tempfile.mkdtemp(prefix="taskprobe-layer-", dir="/var/tmp")
    closed = image.with_files(layer + "/layer", {"srv/closed": roots.File(
        directory=True, mode=0o300, uid=1000, gid=1000)})
    try:
        run = Run(closed, app(": >/srv/closed/x", "-o", "/out/inventory", user="1000"))
        os.chmod(run.directory, 0o777)
        with run:
            tally.check("a closed directory", run.end(), 0)
            records = run.records()
            tally.check("the path is there", b"/srv/closed/x" in paths(records), True)
            tally.check("no word of what the directory held",
                        [r for r in of_kind(records, "dir") if r["path"] == "/srv/closed"], [])
            tally.check("which is said", any(
                "is not known" in spot for spot in records[-1]["coverage"]["blind_spots"]), True)
    finally:
        shutil.rmtree(layer)


def test_environment(tally, image):
    environment = [{"name": f"TASKPROBE_{k}", "value": v} for k, v in (
        ("OUTPUT", "/out/inventory"), ("CONTAINER", "web"), ("IMAGE", "shop:1"),
        ("TASK", "arn:x"), ("WAKE", "block"), ("REFUSE_IO_URING", "yes"))]
    with Run(image, app("env | grep -c ^TASKPROBE_; : >/srv/x", environment=environment)) as run:
        tally.check("options from the environment", run.end(), 0)
        tally.check("which the app keeps", run.task.stdout("app"), "6\n")
        first = run.records()[0]
        tally.check("what the run says", [first.get(k) for k in ("container", "image", "task",
                                                                 "method", "schema")],
                    ["web", "shop:1", "arn:x", "trace", "taskprobe.inventory/1"])
        tally.check("an id", len(first["id"]) == 32 and int(first["id"], 16) > 0, True)


def test_endpoint(tally, image):
    """What nobody said comes from the task metadata endpoint."""
    with Run(image, app(": >/srv/x", "-o", "/out/inventory"), network="awsvpc") as run:
        tally.check("with an endpoint", run.end(), 0)
        first = run.records()[0]
        tally.check("whose it is", [first.get("container"), first.get("image"),
                                    first.get("task", "").startswith("arn:aws:ecs:")],
                    ["app", "app", True])
    unheard = [{"name": "ECS_CONTAINER_METADATA_URI_V4", "value": "http://127.0.0.1:9/v4/x"}]
    with Run(image, app(": >/srv/x; ls /proc/self/fd | wc -l", "-o", "/out/inventory",
                        environment=unheard)) as run:
        tally.check("with one that does not answer", (run.end(), run.task.stdout("app")),
                    (0, "4\n"))
        tally.check("it is not known", [k in run.records()[0] for k in ("container", "task")],
                    [False, False])


def trace(*arguments, **more):
    return subprocess.run([harness.taskprobe(), "trace", *arguments], capture_output=True,
                          text=True, timeout=60, stdin=subprocess.DEVNULL, **more)


def test_wrong(tally, _):
    for words, status, said in (
            ((), 2, "needs a command"), (("--nonsense", "--", "true"), 2, "--nonsense"),
            (("--wake", "never", "--", "true"), 2, "never"),
            (("--for", "soon", "--", "true"), 2, "soon"),
            (("-f", "yaml", "--", "true"), 2, "yaml"), (("-o", "-", "--", "true"), 2, "app's"),
            (("-o", "/no/such/dir/x", "--", "echo", "ran"), 125, "/no/such/dir/x"),
            (("-o", "/tmp", "--", "echo", "ran"), 125, "/tmp"),
            (("--", "/no/such/app"), 127, "/no/such/app"),
            (("--", "/etc/passwd"), 126, "/etc/passwd")):
        done = trace(*words)
        tally.check(f"{words}: status", done.returncode, status)
        tally.check(f"{words}: words", said in done.stderr, True)
        tally.check(f"{words}: nothing on stdout", done.stdout, "")


def read_all(master, ended):
    data = b""
    while True:
        ready, _, _ = select.select([master], [], [], 0.2)
        if not ready and ended():
            return data
        if ready:
            try:
                piece = os.read(master, 65536)
            except OSError:
                return data
            if not piece:
                return data
            data += piece


def on_terminal(arguments, stdout=None):
    """What a terminal of 100 columns gets as stderr (and as stdout, unless given)."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    process = subprocess.Popen([harness.taskprobe(), "trace", *arguments], stdin=slave,
                               stdout=stdout if stdout is not None else slave, stderr=slave,
                               env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    data = read_all(master, lambda: process.poll() is not None)
    os.close(master)
    return process.wait(60), data


def test_terminal(tally, _):
    directory = tempfile.mkdtemp(prefix="taskprobe-out-", dir="/var/tmp")
    inventory = directory + "/inventory"
    command = ["--", "sh", "-c", "sleep 3.5; exit 8"]
    status, data = on_terminal(["-o", inventory, *command], stdout=subprocess.DEVNULL)
    tally.check("a line while it runs", (status, b"calls" in data and b"\r\x1b[K" in data),
                (8, True))
    last = data.rindex(b"\r\x1b[K")
    tally.check("erased at the end", b"calls," in data[last:].split(b"taskprobe: trace")[0], False)
    status, data = on_terminal(["-o", inventory, *command])
    tally.check("none where stdout is the same terminal", (status, b"\x1b[K" in data),
                (8, False))
    status, data = on_terminal(["-f", "json", *command], stdout=subprocess.DEVNULL)
    tally.check("none among lines", (status, b"\x1b[K" in data), (8, False))
    shutil.rmtree(directory)


TESTS = (test_read_only, test_writable, test_full, test_limit, test_fifo, test_killed, test_names,
         test_for, test_background, test_closed, test_environment, test_endpoint, test_wrong,
         test_terminal)


def main():
    harness.need_root()
    tally = harness.Tally("-v" in sys.argv)
    before = harness.machine()
    image = app_image(roots.binary(harness.taskprobe(), user="0"))
    harness.each(tally, TESTS, image)
    tally.check("the machine is as before", harness.left_behind(before), [])
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
