#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Peers that lie, hang, end, kill and multiply: each gets a right answer or a clear
"not known", in bounded time and memory, and the others' answers stay what they are."""
import os
import shutil
import socket
import stat
import sys
import tempfile
import threading
import time

import harness
from arena import HANG, SLEEP, Arena, Tools, memory_limit
from lab.roots import File


# A sidecar that may look at privileged peers.
TRACER = {"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"]}}}


def sh(script):
    return ["sh", "-c", script + "\necho ready; exec sleep 3600"]


def same_as(tally, look, name, other, but=()):
    """All verdicts of `name` are those of `other`, which is as it should be."""
    one, two = look.verdicts(name), look.verdicts(other)
    tally.check(f"{name}: judged at all", len(one) > 10, True)
    tally.check(f"{name}: the same verdicts as {other}",
                {control: (one.get(control), two.get(control))
                 for control in sorted(one.keys() | two.keys())
                 if control not in but and one.get(control) != two.get(control)}, {})


def seen_of(look, name):
    """The controls on which reality had a say."""
    return {control for control, (_, observed, _) in look.verdicts(name).items()
            if observed in ("pass", "fail")}


def sockets(look, name):
    return look.part(name, "mounts").get("sockets")


def test_links(tally, tools):
    """A link where a directory is expected leads nowhere but into the same root. What it
    would lead to outside is there: the sidecar's own root has /host/docker.sock."""
    plain = {"var/run": File(link="/run")}
    files = {"real/etc": File(directory=True, mode=0o755),
             "real/etc/passwd": File("root:x:0:0:root:/:/bin/sh\n"),
             "etc": File(link="/../../real/etc"), "var/run": File(link="/host"),
             "run": File(link="../../../../../../host"),
             "data": File(link="/proc/1/root"), "srv": File(link="/proc/self/cwd"),
             "usr": File(link="loop"), "loop": File(link="usr"),
             "jail/dev": File(link="/real/dev"), "jail/etc": File(link="/proc/1/root/etc"),
             "jail/var/run": File(link="/../../../host"),
             "jail/bin/busybox": File(copy="/bin/busybox", mode=0o755)}
    host = tempfile.mkdtemp(dir="/var/tmp")
    # Upper directories alone can be renamed in an overlay, mounts in them and all.
    moved = "mv /new /old && ln -s /proc/1/root/host /new && rm /var/run && " \
            "ln -s /proc/1/root/host /var/run && ln -s / /old/link"
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(host + "/docker.sock")
            peers = [{"name": "plain"}, {"name": "links", "image": "links"},
                     {"name": "moved", "command": sh(moved), "mountPoints": [
                         {"sourceVolume": "own", "containerPath": "/new/deep"}]},
                     {"name": "jail", "image": "links", "command": [
                         "chroot", "/jail", "/bin/busybox", "sleep", "3600"]},
                     {"name": "swap", "command": ["peer", "swap"]},
                     {"name": "owner", "mountPoints": [
                         {"sourceVolume": "host", "containerPath": "/host"}]}]
            volumes = [{"name": "out"}, {"name": "own"}, {"name": "host", "host": {"sourcePath": host}}]
            side = {"mountPoints": [
                {"sourceVolume": "out", "containerPath": "/out"},
                {"sourceVolume": "host", "containerPath": "/host"}]}
            with Arena(tally, tools.image(plain), peers, side, volumes=volumes,
                       images={"links": tools.image(files)}) as arena:
                arena.await_ready("moved", "swap")
                wait_for(arena, "jail", "busybox")
                look = arena.look("links")
    finally:
        shutil.rmtree(host)
    tally.check("the bait is seen where it is", sockets(look, "owner"),
                ["/host/docker.sock"])
    for name in ("links", "moved", "swap"):
        tally.check(f"{name}: and nowhere else", sockets(look, name), [])
    same_as(tally, look, "swap", "plain")
    # With /etc as a link the runtime mounts its files elsewhere: not known as such.
    same_as(tally, look, "links", "plain", but=["TP.5", "TP.6"])
    same_as(tally, look, "moved", "plain", but=["TP.4", "TP.5", "TP.6", "TP.12", "TP.20"])
    tally.check("moved: what /proc's own link hides is not known",
                look.verdicts("moved")["TP.4"][1], "unknown")
    tally.check("moved: the mount is where it went", "/old/deep" in
                [m["path"] for m in look.part("moved", "mounts")["list"]], True)
    blind = ["ECS.4", "ECS.5", "CIS.3.4", "CIS.3.5", "TP.4", "TP.9", "TP.12"]
    same_as(tally, look, "jail", "plain",
            but=["TP.14", "TP.15", "TP.5", "TP.6", "TP.18", *blind])
    for control in blind:
        tally.check(f"jail: {control}: a root of its own is not the container's",
                    look.verdicts("jail")[control][1], "unknown")
    tally.check("jail: /dev as a link is not gone into",
                look.part("jail", "devices").get("list", []), [])


def test_in_the_way(tally, tools):
    """What is no socket at a socket's name; what is no directory in the walk's way."""
    make = {
        "fifo": "rm /var/run; mkdir -p /var/run; mkfifo /var/run/docker.sock /run/docker.sock"
                " /data/fifo /dev/fifo",
        "device": "rm /var/run; mkdir -p /var/run; mknod /var/run/docker.sock c 10 130; "
                  "mknod /run/docker.sock b 8 0; mknod /data/zero c 1 5",
        "tofifo": "rm /var/run; mkdir -p /var/run; mkfifo /data/f; "
                  "ln -s /data/f /var/run/docker.sock; ln -s /dev/zero /run/docker.sock",
        "directory": "rm /var/run; mkdir -p /var/run/docker.sock /run/docker.sock/docker.sock",
        "file": "rm /var/run; mkfifo /var/run; rm -r /run; mknod /run c 1 5; "
                "rm -r /home; mkfifo /home",
    }
    peers = [{"name": "plain"}] + [{"name": n, "command": sh(s)} for n, s in make.items()]
    with Arena(tally, tools.image(), peers) as arena:
        arena.await_ready(*make)
        look = arena.look("in the way")
        for name in make:
            tally.check(f"{name}: that is no runtime's socket", sockets(look, name), [])
            same_as(tally, look, name, "plain")
            tally.check(f"{name}: the inventory is complete",
                        (look.part(name, "writable")["known"],
                         look.part(name, "writable")["truncated"]), (True, False))


def test_names(tally, tools):
    """Newline, ESC, C1, a bidirectional override and bytes that are no UTF-8."""
    peers = [{"name": "plain"}, {"name": "names", "command": ["peer", "names"]},
             {"name": "other", "user": "1000", "command": sh("cp /bin/peer '/home/app/a\nb'")}]
    with Arena(tally, tools.image(), peers) as arena:
        arena.await_ready("names", "other")
        arena.task.exec_detached("names", ["/bin/peer", "names2"])
        look = arena.look("names")
        setuid = look.part("names", "setuid")["list"]
        paths = {bytes_of(row) for row in setuid}
        tally.check("names: all are found, byte by byte", paths, {
            b"/srv/" + d + b"/set\nuid\033]0;x\007" for d in (
                b"line\nbreak", b"esc\033[31mred", b"bytes\xff\xfe", b"tab\tquote\"",
                b"c1\xc2\x9b", b"rtl\xe2\x80\xae")})
        tally.check("names: path_b64 is there where it is needed",
                    [r["path"] for r in setuid if "path_b64" in r],
                    ["/srv/bytes\ufffd\ufffd/set\nuid\033]0;x\007"])
        tally.check("names: its name is no second process",
                    look.facts("names")["processes"]["count"], 1)
        tally.check("names: the setuid files are said",
                    look.verdicts("names")["TP.7"][1], "fail")
        same_as(tally, look, "names", "plain", but=["TP.7"])


def bytes_of(row):
    import base64
    return base64.b64decode(row["path_b64"]) if "path_b64" in row else row["path"].encode()


def test_large(tally, tools):
    """Wide, deep, both; thousands of setuid files with paths of 30 KB."""
    peers = [{"name": "plain"}, {"name": "user", "user": "1000"},
             {"name": "wide", "command": ["peer", "many", "/wide", "100000"]},
             {"name": "deep", "user": "1000", "command": ["peer", "deep", "3000", "20"]},
             {"name": "folds", "command": ["peer", "deep", "3000", "20"]},
             {"name": "long", "user": "1000", "command": ["peer", "deep", "3000", "255"]},
             {"name": "setuid", "command": ["peer", "setuid", "120", "255", "5000"]}]
    with Arena(tally, tools.image(), peers) as arena:
        arena.await_ready("wide", "deep", "folds", "long", "setuid")
        look = arena.look("large")
        for name, other, but in (("wide", "plain", ()), ("folds", "plain", ()),
                                 ("setuid", "plain", ["TP.7"]), ("deep", "user", ()),
                                 ("long", "user", ())):
            same_as(tally, look, name, other, but)
        tally.check("wide: all of it is one row",
                    [r["path"] for r in look.part("wide", "writable")["list"]], ["/"])
        tally.check("wide: and was looked at",
                    look.part("wide", "writable")["entries"] > 100000, True)
        tally.check("deep: every level of it is there",
                    look.part("deep", "writable")["directories"] >= 3001, True)
        tally.check("long: what was seen of it is said, and that it is not all",
                    (look.part("long", "writable")["known"],
                     look.part("long", "writable")["truncated"]), (True, True))
        tally.check("setuid: the same",
                    (look.part("setuid", "setuid")["known"],
                     look.part("setuid", "setuid")["truncated"]), (True, True))


def test_hung(tally, tools):
    """A FUSE file system that never answers, over /data, below what is walked, and where
    a runtime's socket would be."""
    if not os.access("/dev/fuse", os.F_OK):
        tally.check("/dev/fuse", "is missing here", "is there")
        return
    if not memory_limit():
        print("hung: a sanitizer's children keep their stderr, and who waits for it")
        return
    hang = "mkdir -p /srv/a/b /m; exec hungfs /data /srv/a/b /m /run /dev/mqueue"
    peers = [{"name": "plain", "privileged": True},
             {"name": "hung", "privileged": True, "command": ["sh", "-c", hang]},
             {"name": "other"}]
    with Arena(tally, tools.image(), peers, TRACER) as arena:
        arena.await_ready("hung")
        look = arena.look("hung", "--timeout=8s")
        tally.check("hung: in bounded time", look.seconds < HANG / 2, True)
        mounts = look.part("hung", "mounts")
        tally.check("hung: the mounts are known, and which do not answer is said",
                    (mounts["known"], "/data" in mounts.get("why", "")), (True, True))
        tally.check("hung: the walk passed them by",
                    (look.part("hung", "writable")["known"],
                     look.part("hung", "writable")["truncated"]), (True, False))
        tally.check("hung: no size was invented", [
            m["bytes_free"] for m in mounts["list"] if m["fstype"] == "fuse.hung"],
            [-1] * 5)
        same_as(tally, look, "hung", "plain", but=["TP.4", "TP.5", "TP.6", "TP.12"])
        tally.check("hung: a socket behind it is not ruled out",
                    look.verdicts("hung")["TP.4"][1], "unknown")
        tally.check("other: not held up", look.part("other", "writable")["known"], True)
        look = arena.look("hung, --write-probe=create", "--timeout=8s",
                          "--write-probe=create")
        tally.check("hung: the root is known nevertheless",
                    look.part("hung", "root").get("created"), "created")


def test_environ(tally, tools):
    """An environment is its process's own to forge; the cgroup is not."""
    peers = [{"name": "plain"},
             {"name": "thief", "command": SLEEP},
             {"name": "foreign", "environment": []}, {"name": "garbage"},
             {"name": "huge", "command": ["peer", "environ", "10485760"]},
             {"name": "larger", "command": ["peer", "environ", "67108864"]}]
    uri = "ECS_CONTAINER_METADATA_URI_V4"
    tweaks = {"foreign": {"environment": {uri: "http://10.0.1.17:81/v4/x"}},
              "garbage": {"environment": {uri: "http://\033[31m\n" + "/v4/" * 900}}}
    with Arena(tally, tools.image(), peers, tweaks=tweaks) as arena:
        victim = arena.task.status("plain")["endpoint_id"]
        arena.await_ready("huge", "larger")
        base = arena.task.base
        arena.task.exec_detached("thief", ["/bin/peer", "environ", "4096",
                                           f"{uri}={base}/v4/{victim}"])
        look = arena.look("environ")
        for name in ("thief", "foreign", "garbage", "huge", "larger"):
            same_as(tally, look, name, "plain", but=["ECS.8", "CIS.3.6", "TP.16"])
        for name in ("huge", "larger"):
            tally.check(f"{name}: an environment beyond the limit is not known",
                        look.part(name, "environ")["known"], False)
            tally.check(f"{name}: and no verdict rests on it",
                        look.verdicts(name)["ECS.8"][1], "unknown")


def test_forged(tally, tools):
    """Where the cgroup says nothing the environment may, unless it is disputed."""
    uri = "ECS_CONTAINER_METADATA_URI_V4"
    steal = f"while ! [ -e /go ]; do usleep 9999; done; export {uri}=$(cat /go); " \
            "exec sleep 3600"
    peers = [{"name": "plain"}, {"name": "thief", "command": ["sh", "-c", steal]}]
    with Arena(tally, tools.image(), peers) as arena:
        victim = arena.task.status("plain")["endpoint_id"]
        put(arena, "thief", "/go", f"{arena.task.base}/v4/{victim}")
        wait_for(arena, "thief", "sleep")
        look = arena.look("forged")
        tally.check("forged: cgroup and environment disagree: nobody's",
                    look.facts("thief"), None)
        unknown = [f for f in look.report["facts"] if f["container"].startswith("?")]
        tally.check("forged: and why", [
            f["attribution"] for f in unknown],
            ["its cgroup says thief, its environment says plain"])
        tally.check("forged: the victim is itself",
                    look.facts("plain")["docker_id"],
                    arena.task.status("plain")["docker_id"])
        tally.check("forged: no verdict on what the thief says",
                    seen_of(look, "thief"), set())


def put(arena, name, path, text):
    arena.task.exec(name, ["sh", "-c", f"printf %s \"$1\" >{path}.x; mv {path}.x {path}",
                           "sh", text])


def wait_for(arena, name, comm):
    end = time.monotonic() + HANG
    while time.monotonic() < end:
        with open(f"/proc/{arena.task.pid(name)}/comm", encoding="utf-8") as file:
            if file.read().strip() == comm:
                return
        time.sleep(0.02)
    raise TimeoutError(f"{name} is not {comm}")


def test_short_lives(tally, tools):
    """Processes that come and go all the time, in every container; one ends for good
    in the middle of a look."""
    churn = "while :; do (true; sleep 0.001; true) & (sh -c 'sleep 0.002') & wait; done"
    peers = [{"name": "plain"}, {"name": "user", "user": "1000"},
             {"name": "churn", "command": ["sh", "-c", churn]},
             {"name": "churn2", "user": "1000", "command": ["sh", "-c", churn]}]
    peers += [{"name": f"end{i}", "command": ["sleep", str(0.4 + 0.13 * i)]}
              for i in range(4)]
    with Arena(tally, tools.image(), peers) as arena:
        for i in range(6):
            look = arena.look(f"short lives {i}")
            same_as(tally, look, "churn", "plain")
            same_as(tally, look, "churn2", "user")
            for f in look.report["facts"]:
                if f["container"].startswith("end") and not f["root"]["known"]:
                    tally.check("one that ended: that is the reason",
                                "ended" in f["root"].get("why", ""), True)


def test_end_in_the_middle(tally, tools):
    """Killed while it is looked at: known in part, or not, and never for long."""
    wide = ["peer", "many", "/wide", "30000"]
    peers = [{"name": "plain"}] + [{"name": f"n{i}", "command": wide} for i in range(4)]
    with Arena(tally, tools.image(), peers) as arena:
        arena.await_ready("n0", "n1", "n2", "n3")
        for i in range(4):
            timer = threading.Timer(0.03 + 0.04 * i, arena.task.kill, [f"n{i}", 9])
            timer.start()
            look = arena.look(f"n{i} ends")
            timer.join()
            tally.check(f"n{i}: not waited for", look.seconds < HANG / 4, True)
            f = look.facts(f"n{i}")
            if f and not f["writable"]["known"]:
                tally.check(f"n{i}: said why", "ended" in f["writable"]["why"], True)
            same_as(tally, look, f"n{(i + 1) % 4}" if i < 3 else "plain", "plain")


def test_killer(tally, tools):
    """One that kills, one that stops all other processes of its uid: those who look at it
    in its own uid die, and nobody else."""
    peers = [{"name": "plain", "user": "1000"},
             {"name": "killer", "user": "999", "command": ["peer", "killer"]},
             {"name": "tracer", "user": "998", "command": ["peer", "tracer"]}]
    with Arena(tally, tools.image(), peers) as arena:
        arena.await_ready("killer", "tracer")
        for i in range(4):
            look = arena.look(f"killer {i}", "--timeout=2s")
            tally.check(f"killer {i}: in bounded time", look.seconds < HANG / 2, True)
            for name in ("killer", "tracer"):
                lost = [p for p, v in look.facts(name).items()
                        if isinstance(v, dict) and v.get("known") is False
                        and not v.get("why")]
                tally.check(f"{name} {i}: what is missing says why", lost, [])
                tally.check(f"{name} {i}: nothing invented",
                            {k: v[1] for k, v in look.verdicts(name).items()
                             if v[1] not in ("unknown", look.verdicts("plain")[k][1])}, {})
            tally.check("plain: known", look.part("plain", "writable")["known"], True)


def test_giver(tally, tools):
    """A root entry point that gives its pipes to the user that it drops to: the same as a
    container that started as that user, but for the group."""
    script = "chown 1000:1000 /proc/self/fd/1 /proc/self/fd/2; " \
             "exec su -s /bin/sh app -c 'echo ready; exec sleep 3600'"
    peers = [{"name": "giver", "command": ["sh", "-c", script]},
             {"name": "honest", "image": "user", "command": sh("true")}]
    with Arena(tally, tools.image(), peers,
               images={"user": tools.image(User="1000:1000")}) as arena:
        arena.await_ready("giver", "honest")
        look = arena.look("giver")
    tally.check("honest: its image's user", look.verdicts("honest")["ECS.20"],
                ("fail", "pass", "undeclared"))
    tally.check("giver: it may have started as root", look.verdicts("giver")["ECS.20"],
                ("fail", "unknown", "declared-only"))


def test_many(tally, tools):
    """2,000 processes, half of them a chain; 4,096 mounts."""
    peers = [{"name": "plain"},
             {"name": "many", "command": ["peer", "processes", "2000"]},
             {"name": "mounts", "privileged": True, "command": ["peer", "mounts", "4096"]}]
    with Arena(tally, tools.image(), peers, TRACER) as arena:
        arena.await_ready("many", "mounts")
        look = arena.look("many")
        same_as(tally, look, "many", "plain")
        processes = look.part("many", "processes")
        tally.check("many: counted", processes["count"], 2001)
        tally.check("many: none of them entered", processes["entered"], [])
        tally.check("mounts: all are listed", len(
            [m for m in look.part("mounts", "mounts")["list"]
             if m["path"].startswith("/m/")]), 4096)
        tally.check("mounts: the root was looked at",
                    look.part("mounts", "root")["method"], "create")


def test_undumpable(tally, tools):
    """Closed even to its own uid: half of it cannot be known, and that is said."""
    peers = [{"name": "closed", "command": ["peer", "undumpable"]},
             {"name": "closed2", "user": "1000", "command": ["peer", "undumpable"]}]
    with Arena(tally, tools.image(), peers) as arena:
        arena.await_ready("closed", "closed2")
        look = arena.look("undumpable")
        for name in ("closed", "closed2"):
            tally.check(f"{name}: status can be read",
                        look.part(name, "identity")["known"], True)
            for part in ("writable", "environ"):
                facts = look.part(name, part)
                tally.check(f"{name}: {part} is refused, and what would grant it",
                            (facts["known"], "SYS_PTRACE" in facts.get("grants", "")),
                            (False, True))


def test_cgroup(tally, tools):
    """A cgroup that has another container's id in the middle of a name, or as one."""
    from lab import cgroups
    if not cgroups.writable():
        tally.check("control groups", "are not writable here", "are writable")
        return
    peers = [{"name": "plain"}, {"name": "victim"}, {"name": "similar"}, {"name": "both"}]
    with Arena(tally, tools.image(), peers) as arena:
        status = {p["name"]: arena.task.status(p["name"]) for p in peers}
        victim = status["victim"]["docker_id"]
        move(status["similar"], [f"x{victim}", f"docker-{victim}.scope.old",
                                 victim[:40], "docker-" + victim[:12]])
        move(status["both"], [victim])
        look = arena.look("cgroup")
        same_as(tally, look, "similar", "plain")
        tally.check("similar: its own id", look.facts("similar")["docker_id"],
                    status["similar"]["docker_id"])
        tally.check("victim: its own process",
                    (look.facts("victim")["processes"]["count"],
                     look.facts("victim")["docker_id"]), (1, victim))
        same_as(tally, look, "victim", "plain")
        tally.check("both: in the cgroups of two, so nobody's", look.facts("both"), None)
        tally.check("both: no verdict", seen_of(look, "both"), set())


def move(status, names):
    """Into nested groups of these names, in every hierarchy."""
    from lab import cgroups
    for place in cgroups.hierarchies():
        path = place + status["cgroup"]
        if not os.path.isdir(path):
            continue
        for name in names:
            path += "/" + name
            try:
                os.mkdir(path)
                for file in ("cpuset.cpus", "cpuset.mems"):
                    if os.path.exists(f"{path}/{file}"):
                        with open(f"{path}/../{file}", "rb") as above, \
                                open(f"{path}/{file}", "wb") as file_:
                            file_.write(above.read())
            except OSError:
                continue
        try:
            with open(path + "/cgroup.procs", "w", encoding="ascii") as file:
                file.write(str(status["pid"]))
        except OSError:
            pass


def test_facts(tally, tools):
    """Facts files of a volume that containers share: whatever they are, they are read in
    bounded memory, and nobody speaks for another."""
    peers = [{"name": "plain"}, {"name": "inside", "user": "1000"}]
    with Arena(tally, tools.image(), peers, pidMode=None) as arena:
        shared = arena.shared()
        claims = hostile_facts(shared)
        look = arena.look("facts", "--facts=/out")
        lines = look.errors.splitlines()
        for name, words in claims.items():
            said = [line for line in lines if f"/{name}" in line]
            tally.check(f"facts: {name} is refused", (
                len(said) == 1 and any(w in said[0] for w in words), said),
                (True, said))
        tally.check("facts: none of it counts",
                    [f["container"] for f in look.report["facts"]], ["side"])
        for entry in list(os.scandir(shared)):
            (os.rmdir if entry.is_dir(follow_symlinks=False) else os.unlink)(entry.path)
        honest(shared, arena)
        look = arena.look("facts, an honest one", "--facts=/out")
        tally.check("facts: an honest one does", sorted(
            f["container"] for f in look.report["facts"]), ["inside", "side"])


def hostile_facts(shared):
    """{name: words of the refusal, one of which must be in it}"""
    own = '{"schema":"taskprobe.facts/1","facts":[{"container":"%s","endpoint_id":"%s"}]}'

    def write(name, text):
        with open(f"{shared}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    os.mkfifo(shared + "/a-fifo.json")
    os.symlink("/dev/zero", shared + "/b-zero.json")
    os.mknod(shared + "/c-node.json", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    os.mkdir(shared + "/d-directory.json")
    write("e-gigabyte.json", own % ("inside", ""))
    os.truncate(shared + "/e-gigabyte.json", 1 << 30)
    write("f-broken.json", '{"schema":"taskprobe.facts/1","facts":[{"container":')
    write("g-deep.json", '{"schema":"taskprobe.facts/1","facts":' + "[" * 100000)
    write("h-values.json", '{"schema":"taskprobe.facts/1","facts":[' + "0," * 3000000)
    write("i-long.json", '{"schema":"taskprobe.facts/1","facts":["' + "x" * 7000000)
    write("j-other-task.json", own % ("inside", "b5f0d1f6-0000-4000-8000-2a6a0a1fe7b4"))
    write("k-stranger.json", own % ("no-such", ""))
    write("o-just-below.json", '{"schema":"taskprobe.facts/1","facts":[],"x":[' +
          "0," * 900000 + '"' + "x" * 30000000 + '"]}')
    write("l-schema.json", '{"schema":"taskprobe.report/1","facts":[]}')
    write("m-esc\033[31m\n.json", "{")
    write("n-types.json",
          '{"schema":"taskprobe.facts/1","facts":[{"container":{"a":1},"root":7}]}')
    return {"a-fifo.json": ["regular"], "b-zero.json": ["symbolic", "regular"],
            "c-node.json": ["regular"], "d-directory.json": ["regular"],
            "e-gigabyte.json": ["larger"], "f-broken.json": ["line"],
            "g-deep.json": ["deep"], "h-values.json": ["values", "larger"],
            "i-long.json": ["line"], "j-other-task.json": ["not in this task"],
            "k-stranger.json": ["not in this task"], "l-schema.json": ["no taskprobe"],
            "m-esc\\e[31m\\n.json": ["line"], "n-types.json": ["container", "line"],
            "o-just-below.json": ["values", "larger"]}


def honest(shared, arena):
    with open(shared + "/inside.json", "w", encoding="utf-8") as file:
        file.write('{"schema":"taskprobe.facts/1","facts":[{"container":"inside",'
                   f'"endpoint_id":"{arena.task.status("inside")["endpoint_id"]}",'
                   '"seen_by":"within","root":{"known":true,"writable":true}}]}')


def main():
    harness.need_root()
    tally = harness.Tally("-v" in sys.argv)
    harness.taskprobe()
    before = harness.machine()
    tools = Tools()
    try:
        harness.each(tally, harness.tests_of(globals()), tools)
    finally:
        tools.done()
    tally.check("the machine is as before", harness.machine(), before)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
