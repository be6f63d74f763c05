#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Nothing is left behind: every file of every root is as before, but for / itself, also
where the probe is killed at 200 random moments; no process, no mount, no file."""
import json
import os
import random
import signal
import sys
import time

import harness
from arena import HANG, SLEEP, Tools
from lab import cgroups, linux, roots
from lab.task import Task

KILLS = 200
# None of them is a file of taskprobe's own; O_TMPFILE takes its bits alone.
O_TMPFILE_BIT = 0o20000000


def listing(top):
    """{path: all that lstat says but atime}, without what / itself says: a file made in
    it and removed changes its times."""
    found = {}
    for directory, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(directory, name)
            s = os.lstat(path)
            found[os.path.relpath(path, top)] = (s.st_mode, s.st_uid, s.st_gid, s.st_size,
                                                 s.st_nlink, s.st_mtime_ns, s.st_ctime_ns)
    return found


def places(task, name):
    """The roots of a container: as it sees it, without what is mounted there; the upper
    directory of the overlay; and each mount that it may write."""
    status = task.status(name)
    inside = f"/proc/{task.pid(name)}/root"
    found = {"root": status["root"], "upper": status["upper"]}
    for path in ("/data", "/scratch", "/tmp", "/dev/shm", "/etc"):
        found[path] = inside + path
    return found


def snapshot(task, names):
    return {f"{name} {place}": listing(path) for name in names
            for place, path in places(task, name).items() if os.path.isdir(path)}


def compare(tally, claim, before, after):
    for place, old in before.items():
        new = after[place]
        changed = {path: (old.get(path), new.get(path))
                   for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
        tally.check(f"{claim}: {place} is as before", changed, {})


def mounts_of(task, name):
    with open(f"/proc/{task.pid(name)}/mountinfo", encoding="utf-8") as file:
        return file.read()


def of_task(task):
    """Every process in the containers' control groups, with its start."""
    found = set()
    for pid in cgroups.processes(f"/ecs/{task.task_id}"):
        ticks = linux.start_ticks(pid)
        if ticks is not None:
            found.add((pid, ticks))
    return found


def await_only(task, before, seconds=HANG):
    """Until no process is there that was not before. Those that stay."""
    end = time.monotonic() + seconds
    while True:
        more = of_task(task) - before
        if not more or time.monotonic() > end:
            return more
        time.sleep(0.002)


APPS = [
    {"name": "writable"},
    {"name": "readonly", "readonlyRootFilesystem": True},
    {"name": "user", "user": "1000"},
    {"name": "volume", "mountPoints": [{"sourceVolume": "v", "containerPath": "/data"}]},
    {"name": "tmpfs", "linuxParameters": {"tmpfs": [
        {"containerPath": "/scratch", "size": 8, "mountOptions": ["exec"]}]}},
    {"name": "both", "user": "1000", "readonlyRootFilesystem": True,
     "mountPoints": [{"sourceVolume": "w", "containerPath": "/home/app"}]},
]


def definition(**side):
    apps = [{"image": "busybox", "command": SLEEP, **app} for app in APPS]
    sidecar = {"name": "side", "image": "taskprobe", "user": "0",
               "command": ["agent", "--write-probe=none", "--no-inventory", "--wait=0s"],
               **side}
    return {"family": "left", "revision": 1, "networkMode": "awsvpc", "pidMode": "task",
            "volumes": [{"name": "v"}, {"name": "w"}],
            "containerDefinitions": apps + [sidecar]}


def images():
    return {"taskprobe": roots.binary(harness.taskprobe(), user="0")}


def names_of(document):
    return [c["name"] for c in document["containerDefinitions"]]


def settle(task):
    """The idle agent has looked, and every process is where it stays."""
    end = time.monotonic() + HANG
    while not task.stdout("side") and time.monotonic() < end:
        time.sleep(0.01)
    before = of_task(task)
    return before


def test_listings(tally, tools):
    """Every way to probe, every kind of root."""
    document = definition()
    with Task(document, images=images()) as task:
        idle, names = settle(task), names_of(document)
        for mode in ("none", "auto", "create"):
            before = snapshot(task, names)
            roots_before = {n: os.lstat(task.root(n)).st_ctime_ns for n in names}
            mounts = {n: mounts_of(task, n) for n in names}
            status, output, errors = task.exec(
                "side", ["/taskprobe", "probe", "-f", "json", f"--write-probe={mode}"])
            tally.check(f"{mode}: it looked ({errors})", status in (0, 1), True)
            created = {f["container"]: f["root"].get("created")
                       for f in json.loads(output)["facts"]}
            tally.check(f"{mode}: a file was made where it can be",
                        [created[n] for n in ("writable", "readonly", "user")],
                        [None] * 3 if mode == "none" else ["created", None, "EACCES"])
            compare(tally, mode, before, snapshot(task, names))
            if mode == "none":
                tally.check("none: / itself is as before", {
                    n: os.lstat(task.root(n)).st_ctime_ns for n in names}, roots_before)
            tally.check(f"{mode}: mounts", {n: mounts_of(task, n) for n in names}, mounts)
            tally.check(f"{mode}: processes", await_only(task, idle), set())


def test_from_within(tally, tools):
    """probe --exec with every kind of root: what the app finds is what the image has."""
    wrapper = {"bin/taskprobe": roots.File(copy=harness.taskprobe(), mode=0o755)}
    for library in roots.libraries(harness.taskprobe()):
        wrapper[library] = roots.File(copy=library, mode=0o755)
    image = tools.image(wrapper)
    for mode in ("none", "auto"):
        document = definition()
        for app in document["containerDefinitions"][:-1]:
            app["image"] = "wrapped"
        plain = [dict(app, command=SLEEP) for app in document["containerDefinitions"][:-1]]
        wrapped = [dict(app, command=["/bin/taskprobe", "probe", "--exec", "-o", "/dev/null",
                                      f"--write-probe={mode}", "--", *SLEEP])
                   for app in plain]
        seen = []
        for containers in (plain, wrapped):
            document["containerDefinitions"] = containers
            with Task(document, images={"wrapped": image}) as task:
                await_sleep(task, names_of(document))
                seen.append({place: {path: row[:5] for path, row in rows.items()}
                             for place, rows in snapshot(task, names_of(document)).items()})
                tally.check(f"within, {mode}: one process each",
                            [len(cgroups.processes(task.status(n)["cgroup"]))
                             for n in names_of(document)], [1] * len(containers))
        compare(tally, f"within, {mode}", seen[0], seen[1])


def await_sleep(task, names):
    end = time.monotonic() + HANG
    for name in names:
        while time.monotonic() < end:
            with open(f"/proc/{task.pid(name)}/comm", encoding="utf-8") as file:
                if file.read() == "sleep\n":
                    break
            time.sleep(0.01)


def refuse_tmpfile():
    """No file system here lacks O_TMPFILE: a filter of this program's own answers for one
    that does, as overlayfs before 6.1 and NFS do. Inherited by what it starts."""
    import ctypes
    import struct

    machine = {"x86_64": 257, "aarch64": 56}[os.uname().machine]
    rows = [(0x20, 0, 0, 0), (0x15, 0, 4, machine), (0x20, 0, 0, 16 + 16),
            (0x54, 0, 0, O_TMPFILE_BIT), (0x15, 0, 1, O_TMPFILE_BIT),
            (0x06, 0, 0, 0x00050000 | 95), (0x06, 0, 0, 0x7fff0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *r) for r in rows))
    program = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(rows), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, 2, ctypes.c_void_p(ctypes.addressof(program)), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def start(task, options, whole_filter=None):
    """A probe in the sidecar's container: all of its namespaces, its control groups, its
    root and its credentials. Returns its PID; it leads a process group of its own."""
    side = task.pid("side")
    with open(f"/proc/{side}/environ", "rb") as file:
        pairs = file.read().split(b"\0")
    environment = dict(p.split(b"=", 1) for p in pairs if b"=" in p)
    namespaces = [os.open(f"/proc/{side}/ns/{kind}", os.O_RDONLY)
                  for kind in ("ipc", "net", "pid", "mnt")]
    root = os.open(f"/proc/{side}/root", os.O_PATH)
    groups = [place + task.status("side")["cgroup"] + "/cgroup.procs"
              for place in cgroups.hierarchies()]
    reader, writer = os.pipe()
    helper = os.fork()
    if helper == 0:
        try:
            for group in groups:
                if os.path.exists(group):
                    with open(group, "w", encoding="ascii") as file:
                        file.write("0")
            for descriptor in namespaces:
                setns(descriptor)
            child = os.fork()  # the PID namespace is that of children
            if child == 0:
                os.setpgid(0, 0)
                os.fchdir(root)
                os.chroot(".")
                quiet = os.open("/dev/null", os.O_RDWR)
                for number in (0, 1, 2):
                    os.dup2(quiet, number)
                drop_to_docker()
                if whole_filter:
                    whole_filter()
                os.execve("/taskprobe", ["/taskprobe", "probe", *options], environment)
            os.write(writer, b"%d" % child)
        finally:
            os._exit(0)
    os.close(writer)
    for descriptor in (*namespaces, root):
        os.close(descriptor)
    pid = int(os.read(reader, 32) or b"0")
    os.close(reader)
    os.waitpid(helper, 0)
    return pid


def setns(descriptor):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def drop_to_docker():
    """The bounding set of a container; what is executed then has no more."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    for bit in range(64):
        if not 0xa80425fb >> bit & 1:
            libc.prctl(24, bit, 0, 0, 0)


def descendants(task, idle):
    """The probe and what it has started, by the control group."""
    return [pid for pid, _ in of_task(task) - idle]


def strike(task, how, pid, idle):
    """One way to be killed. The janitor is a session of its own: that is the point."""
    victims = {"one": [pid], "group": [], "all": descendants(task, idle)}[how]
    try:
        if how == "group":
            os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    for victim in victims:
        if victim == pid or not is_janitor(victim):
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass


def is_janitor(pid):
    """It leads a session before there is anything to remove."""
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


def duration(task, options, idle, whole_filter=None):
    """How long a whole run takes, in seconds."""
    began = time.monotonic()
    pid = start(task, options, whole_filter)
    while linux.start_ticks(pid) is not None and time.monotonic() < began + HANG:
        time.sleep(0.0005)
    taken = time.monotonic() - began
    await_only(task, idle)
    return taken


def killed(tally, task, claim, options, count, idle, whole_filter=None):
    document_names = [c["name"] for c in APPS] + ["side"]
    seconds = max(duration(task, options, idle, whole_filter) for _ in range(3))
    before = snapshot(task, document_names)
    mounts = {n: mounts_of(task, n) for n in document_names}
    landed = 0
    for i in range(count):
        pid = start(task, options, whole_filter)
        time.sleep(random.uniform(0, seconds))
        landed += linux.start_ticks(pid) is not None
        strike(task, ("one", "group", "all")[i % 3], pid, idle)
        left = await_only(task, idle)
        if not tally.check(f"{claim}: no process is left", left, set()):
            for other, _ in left:
                os.kill(other, signal.SIGKILL)
    compare(tally, claim, before, snapshot(task, document_names))
    tally.check(f"{claim}: no mount is left",
                {n: mounts_of(task, n) for n in document_names}, mounts)
    tally.check(f"{claim}: most of them were killed while they ran",
                landed > count // 3, True)
    if tally.verbose:
        print(f"     {claim}: a run takes {seconds * 1000:.0f} ms; {landed} of {count} "
              "were killed in time")


def test_killed(tally, tools):
    """SIGKILL to the main process; to its group; to all but the janitor."""
    linux.become_subreaper()
    with Task(definition(), images=images()) as task:
        idle = settle(task)
        for claim, options, count, refusal in (
                ("auto", ["--write-probe=auto"], 70, None),
                ("create", ["--write-probe=create", "--no-inventory"], 50, None),
                ("without O_TMPFILE", ["--write-probe=create", "--no-inventory"], 80,
                 refuse_tmpfile)):
            killed(tally, task, "killed, " + claim, options, count, idle, refusal)

def test_killed_container(tally, tools):
    """The whole container at once, the janitor too: what it made has no name then."""
    document = definition(command=["agent", "--write-probe=auto", "--wait=0s"])
    for i in range(8):
        with Task(document, images=images(),
                  tweaks={"side": {"later": True}}) as task:
            names = [c["name"] for c in APPS]
            before = snapshot(task, names)
            task.start("side")
            time.sleep(random.uniform(0, 0.12))
            cgroups.kill(task.status("side")["cgroup"])
            compare(tally, f"container killed {i}", before, snapshot(task, names))


def test_named_file(tally, tools):
    """Without O_TMPFILE a file gets a name, and loses it again."""
    linux.become_subreaper()
    with Task(definition(), images=images()) as task:
        idle, names = settle(task), [c["name"] for c in APPS]
        before = snapshot(task, names)
        was = os.lstat(task.root("writable")).st_mtime_ns
        duration(task, ["--write-probe=create"], idle, refuse_tmpfile)
        compare(tally, "named", before, snapshot(task, names))
        tally.check("named: a name was there: it changed the times of /",
                    os.lstat(task.root("writable")).st_mtime_ns > was, True)


def main():
    harness.need_root()
    if not cgroups.writable():
        harness.skip("tells the probe's processes by their control groups: none here")
    tally = harness.Tally("-v" in sys.argv)
    harness.taskprobe()
    harness.seeded()
    tools = Tools()
    try:
        harness.each(tally, harness.tests_of(globals()), tools)
    finally:
        tools.done()
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
