#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Real programs: each path that strace says was written has to be in the inventory. Each
runs once under strace and once under `taskprobe trace`, in fresh containers of the same
image with Docker's default capabilities and filter."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import harness
import strace_log
import written
from lab import linux, roots
from lab.task import Task

HANG = 300
# The program as sh has it, from / as root.
PROGRAMS = {
    "apt": """
        apt-get -q install -y /srv/small.deb </dev/null >/srv/log
        mkdir -p /srv/target/var/lib/dpkg
        dpkg --root=/srv/target --force-depends,script-chrootless -i /srv/small.deb >>/srv/log""",
    "git": """
        export HOME=/root GIT_AUTHOR_DATE=@0 GIT_COMMITTER_DATE=@0
        git config --global user.email a@b.c; git config --global user.name a
        git init -q /srv/repository && cd /srv/repository
        seq 1000 >a; mkdir b; seq 500 >b/c; git add . && git commit -qm one
        git mv a d; git commit -qm two; git repack -qad
        git clone -q /srv/repository /root/clone && git clone -q --no-local . /root/other""",
    "initdb": """
        exec setpriv --reuid=postgres --regid=postgres --clear-groups \\
            /usr/lib/postgresql/*/bin/initdb --no-sync -D /var/lib/postgresql/data >/dev/null""",
    "nginx": """
        echo 'daemon off; error_log /var/log/nginx/e; events {}
              http { access_log /var/log/nginx/a; client_body_in_file_only clean;
                     server { listen 8080; location / { proxy_pass http://127.0.0.1:8081; } }
                     server { listen 8081; location / { return 200 hello; } } }' >/srv/conf
        nginx -c /srv/conf & server=$!
        python3 -c 'import time, urllib.request as u
for i in range(200):
    try:
        u.urlopen("http://127.0.0.1:8080/", b"x" * 100000).read(); break
    except OSError:
        time.sleep(0.1)'
        kill -USR1 $server; kill -QUIT $server; wait $server""",
    "python": """
        cd /srv; exec python3 -c '
import os, shelve, shutil, sqlite3, tempfile
with tempfile.TemporaryDirectory() as d:
    open(d + "/a", "w").write("x"); os.rename(d + "/a", d + "/b")
    os.symlink("b", d + "/c"); os.utime(d + "/c"); os.chmod(d + "/b", 0o600)
with tempfile.TemporaryFile() as f: f.write(b"x")
with tempfile.NamedTemporaryFile(dir=".") as f: f.write(b"x")
c = sqlite3.connect("db"); c.execute("create table t (a)"); c.commit(); c.close()
shelve.open("shelf").close()
os.makedirs("p/q/r"); shutil.copy2("/etc/passwd", "p/q"); shutil.rmtree("p")
open("module.py", "w").write("x = 1"); import sys; sys.path.insert(0, "."); import module
pid = os.fork()
if pid == 0: os.chdir("/root"); open("from-a-child", "w"); os._exit(0)
os.waitpid(pid, 0)'""",
    "node": """
        cd /srv; exec node -e '
const fs = require("fs"), os = require("os"), path = require("path");
const d = fs.mkdtempSync(path.join(os.tmpdir(), "node-"));
fs.writeFileSync(d + "/a", "x"); fs.renameSync(d + "/a", d + "/b");
fs.copyFileSync(d + "/b", "copied"); fs.appendFileSync("log", "x"); fs.rmSync(d, {recursive: true});
const { Worker } = require("worker_threads");
new Worker("require(\\"fs\\").writeFileSync(\\"from-a-worker\\", \\"x\\")", { eval: true });
require("child_process").execSync("echo x > from-a-shell; mkdir -p e/f; rm -r e");'""",
}
# It gives up its uid without an exec, and what it forks then is closed to us.
DROPS = {"apt"}
# What differs from run to run.
RANDOM = [(rb"/(tmp|node-|sh-thd[.-])[A-Za-z0-9_]{6,8}(?=/|$)", rb"/\1*"),
          (rb"(tmp_(?:obj|pack|idx|rev|bitmap|mtimes)_)\w{6}", rb"\1*"),
          (rb"/(fileutl\.message|apt\.[a-z]+|apt-dpkg-install-)[.-]?\w{6}", rb"/\1*"),
          (rb"(pack-)[0-9a-f]{40}", rb"\1*"), (rb"(pkgcache\.bin|extended_states|privs-test)\.\w{6}$", rb"\1.*"), (rb"/nginx/body/\d+(/\d+)*", rb"/nginx/body/*"),
          (rb"/nginx/(\w+)/\d+(/\d+)*", rb"/nginx/\1/*"),
          (rb"(__pycache__/.*\.pyc)\.\d+", rb"\1.*"), (rb"/\.pid\.\d+", rb"/.pid.*"),
          (rb"/\.git/t\w{6}$", rb"/.git/t*"), (rb"/(refs|packs)_\w{6}$", rb"/\1_*"),
          (rb"/\.tmp-\d+-", rb"/.tmp-*-"), (rb"/xlogtemp\.\d+", rb"/xlogtemp.*"),
          (rb"^/(tmp|var/tmp|usr/tmp)/[a-z0-9_]{8}$", rb"/\1/*"),
          (rb"\.(\d{4,})(?=$|/)", rb".*"), (rb"/#\d+$", rb"")]
# What a read-only root leaves alone.
OTHERS = re.compile(rb"^/(proc|dev|sys|out)(/|$)| \(deleted\)$")


def small_package(directory):
    """A .deb with a file, a directory, a link and a script that runs."""
    tree = os.path.join(directory, "small")
    os.makedirs(tree + "/DEBIAN")
    os.makedirs(tree + "/usr/share/small/empty")
    files = {"DEBIAN/control": "Package: small\nVersion: 1\nArchitecture: all\n"
                               "Maintainer: A <a@b.c>\nDescription: small\n",
             "DEBIAN/postinst": "#!/bin/sh\necho configured >/etc/small.conf 2>/dev/null || :\n",
             "usr/share/small/file": "text\n"}
    for name, text in files.items():
        with open(f"{tree}/{name}", "w", encoding="ascii") as file:
            file.write(text)
    os.chmod(tree + "/DEBIAN/postinst", 0o755)
    os.symlink("file", tree + "/usr/share/small/link")
    layer = os.path.join(directory, "layer")
    os.makedirs(layer + "/srv")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, layer + "/srv/small.deb"],
                   check=True, stdout=subprocess.DEVNULL)
    return layer


def normal(paths, root):
    """Without what is random, and links on the way resolved as they are at the end."""
    found = set()
    for path in paths:
        if OTHERS.search(path):
            continue
        parent, base = os.path.split(path)
        real = linux.resolve(root, os.fsdecode(parent))
        path = os.path.join(os.fsencode(real)[len(root):] or b"/", base)
        for pattern, text in RANDOM:
            path = re.sub(pattern, text, path)
        found.add(path)
    return found


class Arena:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="taskprobe-programs-", dir="/var/tmp")
        os.chmod(self.directory, 0o755)
        binary, debian = roots.binary(harness.taskprobe(), user="0"), roots.programs()
        layer = small_package(self.directory)
        self.image = roots.Image("programs", [layer, *binary.layers, *debian.layers],
                                 debian.config)

    def done(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def run(self, name, tool):
        """(what it left in /out, its exit status, its messages, the root after it)"""
        command = {"strace": ["strace", "-f", "-y", "-s", "4096", "-e",
                              "trace=" + b",".join(strace_log.CALLS).decode(),
                              "-o", "/out/log"],
                   "trace": ["/taskprobe", "trace", "-o", "/out/log", "--"]}[tool]
        # strace cannot read the links of a process of another uid without; we can.
        more = {"capabilities": {"add": ["SYS_PTRACE"]}} if tool == "strace" else {}
        out = os.path.join(self.directory, f"{name}-{tool}")
        os.makedirs(out)
        definition = {"family": "programs", "revision": 1, "networkMode": "none",
                      "containerDefinitions": [
                          {"name": "app", "image": "programs", "linuxParameters": more,
                           "command": [*command, "sh", "-c", PROGRAMS[name]]}]}
        with Task(definition, images={"programs": self.image},
                  tweaks={"app": {"binds": [[out, "/out", "rw"]]}}) as task:
            status = task.wait("app", HANG)
            with open(out + "/log", "rb") as file:
                data = file.read()
            log = strace_log.Log(data) if tool == "strace" else written.Inventory(data)
            paths = log.written if tool == "strace" else {key[0] for key in log.counts}
            return log, normal(paths, task.root("app")), status, task.logs("app")


def examine(tally, arena, name):
    log, theirs, status, words = arena.run(name, "strace")
    if not tally.check(f"{name}: under strace", status, 0):
        print(words[-1500:])
        return
    found, ours, status, words = arena.run(name, "trace")
    if not tally.check(f"{name}: under trace", status, 0):
        print(words[-1500:])
    missing, extra = sorted(theirs - ours), sorted(ours - theirs)
    for path in missing[:20]:
        print(f"     missing {path} {log.written.get(path, '')}")
    tally.check(f"{name}: missing paths", len(missing), 0)
    tally.check(f"{name}: strace saw something", len(theirs) > 3, True)
    coverage = found.end["coverage"] if found.end else {}
    tally.check(f"{name}: lost", coverage.get("lost"), 0)
    if name in DROPS and coverage["unresolved"]:
        print(f"{name}: {coverage['unresolved']} unresolved: {coverage['blind_spots']}")
    else:
        tally.check(f"{name}: unresolved", coverage.get("unresolved"), 0)
    print(f"{name}: {len(theirs)} paths by strace, {len(ours)} in the inventory, of them "
          f"{len(extra)} that strace has not: attempts that failed, or other names")
    failed = {key[0] for key in found.counts if key[2]}
    for path in extra[:8]:
        print(f"     extra {path}{' (failed)' if path in failed else ''}")


def examine_all(tally, arena):
    for name in PROGRAMS:
        if name in harness.words() or not set(harness.words()) & set(PROGRAMS):
            examine(tally, arena, name)


def main():
    """Arguments: names of programs; none: all of them."""
    return harness.in_arena(Arena, examine_all)


if __name__ == "__main__":
    sys.exit(main())
