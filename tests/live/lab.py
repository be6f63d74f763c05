#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Is the lab's container what Docker's is? Asked of the container itself, by cat and
ls, never of taskprobe: the judge of the tests must not be what they test."""
import os
import signal
import subprocess
import sys
import time

import harness
from lab import leftovers, linux, roots
from lab.task import LabError, Task

SLEEP = ["sleep", "3600"]


def definition(*containers, **task):
    return {"family": "lab", "revision": 1, "networkMode": "awsvpc", **task,
            "containerDefinitions": [{"image": "busybox", "command": SLEEP, **c}
                                     for c in containers]}


def look(task, name):
    """Facts of a container, read by its own busybox or from the machine's /proc."""
    pid = task.pid(name)
    status = linux.status(pid)
    _, table, _ = task.exec(name, ["cat", "/proc/self/mountinfo"])
    mounts = {}
    for line in table.splitlines():
        left, _, right = line.partition(" - ")
        fields, kind = left.split(), right.split()
        mounts[fields[4]] = {"options": set(fields[5].split(",")), "type": kind[0],
                             "super": kind[2].split(",")}
    owner = os.stat(f"/proc/{pid}/fd/1")
    return {"status": status, "mounts": mounts, "stdout": os.readlink(f"/proc/{pid}/fd/1"),
            "owner": (owner.st_uid, owner.st_gid)}


def caps(status):
    return [status["Cap" + kind] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")]


def masks(inheritable, permitted, effective, bounding, ambient):
    return [f"{m:016x}" for m in (inheritable, permitted, effective, bounding, ambient)]


DEFAULT = 0xa80425fb


def test_plain(tally):
    """One container with nothing declared, one with all that narrows."""
    task = definition(
        {"name": "plain"},
        {"name": "narrow", "user": "1000", "readonlyRootFilesystem": True,
         "dockerSecurityOptions": ["no-new-privileges"], "memory": 64,
         "linuxParameters": {"tmpfs": [
             {"containerPath": "/tmp", "size": 8},
             {"containerPath": "/run", "size": 8,
              "mountOptions": ["exec", "mode=0700", "uid=1000"]}]}},
        {"name": "caps", "linuxParameters": {"capabilities": {
            "add": ["SYS_PTRACE"], "drop": ["NET_RAW"]}}},
        {"name": "bare", "linuxParameters": {"capabilities": {
            "add": ["KILL"], "drop": ["ALL"]}}},
        {"name": "named", "user": "app:redis"},
        {"name": "privileged", "privileged": True, "readonlyRootFilesystem": True})
    with Task(task, tweaks={"narrow": {"pids_limit": 50}}) as running:
        seen = {name: look(running, name) for name in
                ("plain", "narrow", "caps", "bare", "named", "privileged")}
        check_credentials(tally, seen)
        check_mounts(tally, seen)
        check_masks(tally, running)
        check_limits(tally, running)


def check_credentials(tally, seen):
    expected = {
        "plain": masks(0, DEFAULT, DEFAULT, DEFAULT, 0),
        "narrow": masks(0, 0, 0, DEFAULT, 0),
        "caps": masks(0, 0xa80c05fb, 0xa80c05fb, 0xa80c05fb, 0),
        "bare": masks(0, 0x20, 0x20, 0x20, 0),
        "named": masks(0, 0, 0, DEFAULT, 0),
    }
    for name, want in expected.items():
        tally.check(f"capabilities of {name}", caps(seen[name]["status"]), want)
    full = linux.status()["CapBnd"]
    tally.check("privileged has all that the machine has",
                caps(seen["privileged"]["status"])[1:4], [full] * 3)
    for name, facts in seen.items():
        status, want = facts["status"], "0" if name == "privileged" else "2"
        tally.check(f"seccomp mode of {name}", status["Seccomp"], want)
        tally.check(f"no_new_privs of {name}", status["NoNewPrivs"],
                    "1" if name == "narrow" else "0")
        tally.check(f"stdout of {name} is a pipe", facts["stdout"][:6], "pipe:[")
    tally.check("uids", [seen[n]["status"]["Uid"].split()[0] for n in seen],
                ["0", "1000", "0", "0", "1000", "0"])
    tally.check("stdout belongs to the starting user, and its group is root's",
                [seen[n]["owner"] for n in ("plain", "narrow", "named")],
                [(0, 0), (1000, 0), (1000, 0)])
    tally.check("groups of a user by number come from the image",
                sorted(seen["narrow"]["status"]["Groups"].split()), ["1000", "900"])
    tally.check("a group of its own replaces them",
                seen["named"]["status"]["Groups"].split(), ["999"])


def check_mounts(tally, seen):
    def writable(name):
        return {path for path, m in seen[name]["mounts"].items() if "rw" in m["options"]}

    runtime = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}
    tally.check("nothing declared: root and the runtime's files are writable",
                ({"/"} | runtime) <= writable("plain"), True)
    masked = {"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/keys",
              "/proc/kcore", "/proc/timer_list", "/proc/latency_stats", "/proc/scsi",
              "/sys/firmware", "/sys/devices/virtual/powercap"}
    groups = {p for p in writable("narrow") if p.startswith("/sys/fs/cgroup")}
    tally.check("read-only root: what stays writable",
                writable("narrow") - masked - groups,
                {"/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/tmp", "/run"})
    mounts = seen["narrow"]["mounts"]
    tally.check("/tmp has Docker's defaults",
                mounts["/tmp"]["options"] & {"nosuid", "nodev", "noexec"},
                {"nosuid", "nodev", "noexec"})
    tally.check("exec turns one of them round",
                mounts["/run"]["options"] & {"nosuid", "nodev", "noexec"},
                {"nosuid", "nodev"})
    tally.check("mode and uid of a tmpfs reach it",
                {"mode=700", "uid=1000"} <= set(mounts["/run"]["super"]), True)
    tally.check("/dev/shm has 64 MiB", "size=65536k" in mounts["/dev/shm"]["super"], True)
    tally.check("root is an overlay", mounts["/"]["type"], "overlay")
    tally.check("/sys is read-only, but not in a privileged container",
                ["/sys" in writable(n) for n in ("plain", "privileged")], [False, True])


def check_masks(tally, task):
    count = "wc -c </proc/keys; ls /sys/firmware | wc -l; echo x >/proc/sys/vm/swappiness"
    _, output, errors = task.exec("plain", ["sh", "-c", count])
    tally.check("/proc/keys and /sys/firmware are empty", output.split(), ["0", "0"])
    tally.check("/proc/sys is read-only", "Read-only file system" in errors, True)
    status, _, _ = task.exec("plain", ["unshare", "-m", "true"])
    tally.check("the filter refuses unshare", status != 0, True)
    status, _, _ = task.exec("privileged", ["unshare", "-m", "true"])
    tally.check("privileged has no filter", status, 0)
    here = {name for name in os.listdir("/dev")
            if not os.path.islink("/dev/" + name) and not os.path.isdir("/dev/" + name)}
    _, there, _ = task.exec("privileged", ["ls", "/dev"])
    tally.check("privileged sees the machine's devices",
                sorted(here - set(there.split()) - {"console", "mqueue"}), [])


def check_limits(tally, task):
    if not task.status("narrow")["cgroup"] or not os.access("/sys/fs/cgroup", os.W_OK):
        return
    for name, want in (("memory.limit_in_bytes", 64 << 20), ("pids.max", 50)):
        kind = "memory" if name.startswith("memory") else "pids"
        places = [f"/sys/fs/cgroup/{kind}{task.status('narrow')['cgroup']}/{name}",
                  f"/sys/fs/cgroup{task.status('narrow')['cgroup']}/{kind}.max"]
        path = next(p for p in places if os.path.exists(p))
        with open(path, encoding="ascii") as file:
            tally.check(f"{kind} limit", int(file.read()), want)
    with open(f"/proc/{task.pid('narrow')}/cgroup", encoding="ascii") as file:
        tally.check("the control group names task and container",
                    task.status("narrow")["docker_id"] in file.read(), True)


def test_namespaces(tally):
    """pidMode and ipcMode: what is shared, and with whom."""
    def namespaces(task, kind):
        return [os.stat(f"/proc/{task.pid(n)}/ns/{kind}").st_ino for n in ("a", "b")]

    here = {kind: os.stat(f"/proc/self/ns/{kind}").st_ino for kind in ("pid", "ipc", "net")}
    for mode in (None, "task", "host"):
        extra = {"pidMode": mode, "ipcMode": mode} if mode else {}
        with Task(definition({"name": "a"}, {"name": "b"}, **extra)) as task:
            for kind in ("pid", "ipc"):
                a, b = namespaces(task, kind)
                tally.check(f"{kind} {mode}: shared, the machine's",
                            (a == b, a == here[kind]), (mode is not None, mode == "host"))
    for mode, want in (("awsvpc", (True, False)), ("bridge", (False, False)),
                       ("host", (True, True)), ("none", (False, False))):
        with Task(definition({"name": "a"}, {"name": "b"}, networkMode=mode)) as task:
            a, b = namespaces(task, "net")
            tally.check(f"network {mode}: shared, the machine's", (a == b, a == here["net"]),
                        want)
            fetch = "wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task"
            status, _, _ = task.exec("b", ["sh", "-c", fetch])
            tally.check(f"network {mode}: metadata answers", status == 0, mode != "none")


def test_volumes(tally):
    """What an empty volume takes from the image, and what a bind does not."""
    volumes = [{"name": "home"}, {"name": "host", "host": {"sourcePath": "/srv/lab-test"}}]
    points = [{"sourceVolume": "home", "containerPath": "/home/app"},
              {"sourceVolume": "host", "containerPath": "/data", "readOnly": True}]
    state = "ls -ldn /home/app; ls /home/app; touch /home/app/x; touch /data/x"
    task = definition({"name": "a", "mountPoints": points, "user": "1000",
                       "command": ["sh", "-c", state]}, volumes=volumes)
    for flavour in ("ec2", "fargate"):
        try:
            with Task(task, flavour=flavour) as running:
                running.wait("a")
                words = running.stdout("a").split()
                log = running.stderr("a")
        finally:
            subprocess.run(["rmdir", "/srv/lab-test"], check=False)
        if flavour == "ec2":
            tally.check("ec2: the volume has the image's owner", words[2:4], ["1000", "1000"])
            tally.check("ec2: and its content", "notes" in words, True)
        else:
            tally.check("fargate: the volume is root's", words[2:4], ["0", "0"])
            tally.check("fargate: and empty", "notes" in words, False)
        tally.check(f"{flavour}: a read-only bind is", "/data/x: Read-only" in log, True)
    carried = roots.busybox().with_config(Volumes=["/home/app"])
    with Task(task, flavour="fargate", images={"busybox": carried}) as running:
        running.wait("a")
        tally.check("fargate: VOLUME in the image carries it over",
                    "notes" in running.stdout("a"), True)
    subprocess.run(["rmdir", "/srv/lab-test"], check=False)


def test_images(tally):
    """User, Env, Entrypoint and Cmd of an image, and what replaces them."""
    image = roots.busybox().with_config(
        User="redis", Env=["KEY=image", "OTHER=1"], WorkingDir="/data",
        Entrypoint=["sh", "-c"], Cmd=["id -u; echo $KEY $OTHER; pwd"])
    with Task(definition({"name": "a", "image": "img", "command": None},
                         {"name": "b", "image": "img", "command": ["echo $KEY"],
                          "environment": [{"name": "KEY", "value": "definition"}]},
                         {"name": "c", "image": "img", "entryPoint": ["echo", "mine"],
                          "command": None, "user": "0"}),
              images={"img": image}) as task:
        for name in "abc":
            task.wait(name)
        tally.check("an image's settings hold", task.stdout("a").split(),
                    ["999", "image", "1", "/data"])
        tally.check("a definition's environment wins", task.stdout("b"), "definition\n")
        tally.check("entryPoint makes Cmd void", task.stdout("c"), "mine\n")


def test_metadata(tally):
    """Order changes, faults on request, 404 for strangers."""
    fetch = "wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task"
    with Task(definition(*[{"name": n} for n in "abcde"])) as task:
        answers = {task.exec("a", ["sh", "-c", fetch])[1] for _ in range(4)}
        tally.check("the order of the containers is not stable", len(answers) > 1, True)
        task.faults(status=429, times=1)
        status = [task.exec("a", ["sh", "-c", fetch])[0] for _ in range(2)]
        tally.check("one 429, then an answer", [s == 0 for s in status], [False, True])
        wrong = "wget -qO- http://169.254.170.2/v4/nobody"
        _, _, errors = task.exec("a", ["sh", "-c", wrong])
        tally.check("an unknown id is a 404", "404" in errors, True)


def test_gone(tally):
    """After every kind of end there is nothing left."""
    before = harness.machine()
    task = Task(definition({"name": "a"}, {"name": "b"}, pidMode="task"))
    task.up()
    os.kill(task.keeper, signal.SIGTERM)
    task.process.wait(10)
    tally.check("after SIGTERM to the keeper", harness.left_behind(before), [])

    task = Task(definition({"name": "a"}, {"name": "b"}, pidMode="host"))
    task.up()
    pids = [task.pid("a"), task.pid("b")]
    os.kill(task.keeper, signal.SIGKILL)
    task.process.wait(10)
    leftovers.clean()
    tally.check("after SIGKILL to the keeper and the next start", harness.left_behind(before), [])
    tally.check("its processes", [linux.start_ticks(pid) for pid in pids], [None, None])

    code = ("import sys, time; sys.path.insert(0, sys.argv[1]);"
            "from lab.task import Task;"
            "task = Task({'containerDefinitions': [{'name': 'a', 'image': 'busybox',"
            " 'command': ['sleep', '99']}]});"
            "print(task.up().state, flush=True); time.sleep(99)")
    user = subprocess.Popen([sys.executable, "-c", code, harness.TOP],
                            stdout=subprocess.PIPE, text=True)
    state = user.stdout.readline().strip()
    user.kill()
    user.wait()
    user.stdout.close()
    end = time.monotonic() + 30
    while os.path.exists(state) and time.monotonic() < end:
        time.sleep(0.02)
    tally.check("after SIGKILL to the user of the lab", harness.left_behind(before), [])

    for broken in ({"command": ["/nothing/here"]}, {"user": "nobody-such"},
                   {"image": "no-such-image"}, {"interactive": True}):
        try:
            with Task(definition({"name": "a"}, {"name": "b", **broken})):
                tally.check(f"{broken} is refused", True, False)
        except LabError:
            pass
        tally.check(f"after {broken}", harness.left_behind(before), [])


def test_command_line(tally):
    """up, exec, logs, down from a shell."""
    before = harness.machine()
    state, file = "/var/tmp/taskprobe-lab-cli", "/var/tmp/taskprobe-lab-cli.json"
    with open(file, "w", encoding="utf-8") as out:
        out.write('{"containerDefinitions": [{"name": "a", "image": "busybox",'
                  '"command": ["sh", "-c", "echo hello; sleep 99"]}]}')

    def lab(*words):
        return subprocess.run([sys.executable, "-m", "lab.task", *words], cwd=harness.TOP,
                              capture_output=True, text=True, check=False)

    try:
        up = lab("up", file, "--state", state, "--network", "awsvpc")
        tally.check("up says what it started", up.stdout.split("\t")[0], "a")
        tally.check("exec", lab("exec", state, "a", "id", "-u").stdout, "0\n")
        tally.check("logs", lab("logs", state, "a").stdout, "hello\n")
        tally.check("down", lab("down", state).returncode, 0)
        end = time.monotonic() + 30
        while os.path.exists(state) and time.monotonic() < end:
            time.sleep(0.02)
        tally.check("down twice is an error", lab("down", state).returncode, 1)
    finally:
        os.unlink(file)
    tally.check("nothing is left", harness.left_behind(before), [])


def main():
    harness.need_root()
    tally = harness.Tally("-v" in sys.argv)
    before = harness.machine()
    for name, test in list(globals().items()):
        if name.startswith("test_") and (len(sys.argv) < 2 or sys.argv[-1] in name + " -v"):
            try:
                test(tally)
            except Exception:  # the others still run
                tally.crashed(name)
    tally.check("the machine is as before", harness.left_behind(before), [])
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
