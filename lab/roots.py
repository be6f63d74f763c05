# SPDX-License-Identifier: MIT
"""Images: a stack of directories (the lowest last) and a configuration.

What costs time to make stays in a cache, below build/lab of the checkout or
$TASKPROBE_LAB_CACHE. Nothing ever writes to a cached root: containers get an
overlay on top of it.
"""
import dataclasses
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

# Raise it when a builder below changes what it makes.
VERSION = 3

PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
redis:x:999:999::/data:/bin/sh
app:x:1000:1000::/home/app:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = """root:x:0:
daemon:x:1:
logs:x:900:app
redis:x:999:
app:x:1000:
nogroup:x:65534:
"""


@dataclasses.dataclass
class Image:
    """`config` has the keys of an image's configuration: Env (a list), User,
    Entrypoint, Cmd, WorkingDir, Volumes (a list of paths)."""
    name: str
    layers: list
    config: dict = dataclasses.field(default_factory=dict)

    def with_config(self, **config):
        return Image(self.name, self.layers, {**self.config, **config})

    def with_files(self, directory, files, **config):
        """A layer in `directory` (new, the caller's to delete) on top of this image.
        `files`: {path: File(...)}."""
        os.makedirs(directory)
        for path, file in files.items():
            file.write(directory + "/" + path.lstrip("/"))
        return Image(self.name, [directory] + self.layers, {**self.config, **config})


@dataclasses.dataclass
class File:
    """One entry of a layer: a file, unless `link` or `directory` says otherwise."""
    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    link: str = ""
    directory: bool = False
    copy: str = ""
    capabilities: int = 0  # permitted file capabilities, a mask

    def write(self, path):
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        if self.link:
            os.symlink(self.link, path)
            return
        if self.directory:
            os.makedirs(path, exist_ok=True)
        elif self.copy:
            shutil.copyfile(self.copy, path)
        else:
            content = self.content
            with open(path, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
        os.chown(path, self.uid, self.gid)
        os.chmod(path, self.mode)
        if self.capabilities:
            set_file_capabilities(path, self.capabilities)


def set_file_capabilities(path, permitted):
    """Permitted, not effective ("+p"): with "+ep" an exec fails where the bounding
    set lacks one of them."""
    value = struct.pack("<IIIII", 0x02000000, permitted & 0xffffffff, 0,
                        permitted >> 32, 0)
    os.setxattr(path, "security.capability", value)


def cache_directory():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.environ.get("TASKPROBE_LAB_CACHE") or os.path.join(here, "build", "lab")


def cached(name, build):
    """The cached root `name`, built into a temporary place first: a killed builder
    leaves no half root, and of two builders the first wins."""
    place = os.path.join(cache_directory(), f"{name}-v{VERSION}")
    if os.path.isdir(place):
        return place
    os.makedirs(cache_directory(), exist_ok=True)
    temporary = tempfile.mkdtemp(prefix=f".{name}-", dir=cache_directory())
    try:
        os.chmod(temporary, 0o755)
        build(temporary)
        try:
            os.rename(temporary, place)
        except OSError:
            if not os.path.isdir(place):
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return place


def _build_busybox(root):
    tree = {
        "bin/busybox": File(copy="/bin/busybox", mode=0o755),
        "etc/passwd": File(PASSWD), "etc/group": File(GROUP),
        "etc/hosts": File(), "etc/hostname": File(), "etc/resolv.conf": File(),
        "tmp": File(directory=True, mode=0o1777),
        "var/tmp": File(directory=True, mode=0o1777),
        "var/log": File(directory=True, mode=0o755),
        "run": File(directory=True, mode=0o755),
        "var/run": File(link="/run"),
        "root": File(directory=True, mode=0o700),
        "home/app": File(directory=True, mode=0o755, uid=1000, gid=1000),
        "home/app/notes": File("kept by copy-up\n", mode=0o640, uid=1000, gid=1000),
        "data": File(directory=True, mode=0o755, uid=999, gid=999),
        "srv": File(directory=True, mode=0o755),
    }
    for name in ("proc", "sys", "dev", "usr/bin"):
        tree[name] = File(directory=True, mode=0o755)
    for path, file in tree.items():
        file.write(os.path.join(root, path))
    applets = subprocess.run(["/bin/busybox", "--list"], check=True,
                             capture_output=True, text=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            os.symlink("busybox", os.path.join(root, "bin", applet))


def build_debian(root, packages="python3-minimal,perl,ncurses-term,tzdata"):
    """Debian's minbase of this machine's own sources, or bookworm by the default
    mirror where the machine has none that mmdebstrap can read."""
    suite = "bookworm"
    with open("/etc/os-release", encoding="utf-8") as file:
        found = re.search(r"^VERSION_CODENAME=(\w+)", file.read(), re.M)
        suite = found.group(1) if found else suite
    print(f"lab: making a Debian root of suite {suite} (once, about half a minute)",
          file=sys.stderr, flush=True)
    os.rmdir(root)
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root",
                    "--include=" + packages, suite, root],
                   check=True, stdin=subprocess.DEVNULL)


def busybox():
    return Image("busybox", [cached("busybox", _build_busybox)],
                 {"Cmd": ["sh"], "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]})


def debian():
    return Image("debian", [cached("debian", build_debian)], {"Cmd": ["bash"]})


def programs():
    """Real programs to look at, and strace to look with."""
    def build(root):
        build_debian(root, "python3,strace,git,nginx-light,nodejs,postgresql,procps")

    return Image("programs", [cached("programs", build)], {"Cmd": ["bash"]})


def _build_pause(root):
    """PID 1 of a task's shared PID namespace: it reaps what the others leave behind. A
    script, so that its name in ps is that of the real one."""
    File("#!/bin/sh\nwhile :; do sleep 86400 & wait; done\n", mode=0o755).write(
        root + "/pause")


def pause():
    layers = [cached("pause", _build_pause)] + busybox().layers
    return Image("pause", layers, {"Entrypoint": ["/pause"]})


def libraries(binary):
    """Paths of the shared libraries (and the loader) that a binary needs."""
    done = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False)
    return re.findall(r"(/\S+) \(0x", done.stdout) if done.returncode == 0 else []


def binary(path, user="65532", capabilities=0):
    """Like FROM scratch: one binary as /taskprobe, with the libraries of a dynamic
    one beside it. Cached by what it is made of."""
    stat = os.stat(path)
    key = f"{os.path.realpath(path)} {stat.st_mtime_ns} {stat.st_size} {capabilities}"
    name = "binary-" + hashlib.sha256(key.encode()).hexdigest()[:16]

    def build(root):
        File(copy=path, mode=0o755, capabilities=capabilities).write(root + "/taskprobe")
        for library in libraries(path):
            target = root + library
            if not os.path.exists(target):
                File(copy=library, mode=0o755).write(target)

    _forget_older("binary-", keep=name)
    config = {"Entrypoint": ["/taskprobe"], "User": user}
    return Image("taskprobe", [cached(name, build)], config)


def _forget_older(prefix, keep, limit=12):
    """Each build of the binary makes a root of its own: keep the youngest few."""
    try:
        places = [entry for entry in os.scandir(cache_directory())
                  if entry.name.startswith(prefix) and not entry.name.startswith(keep)]
        places.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
        for entry in places[limit:]:
            shutil.rmtree(entry.path, ignore_errors=True)
    except FileNotFoundError:
        pass


BUILDERS = {"busybox": busybox, "debian": debian, "pause": pause}


def short_name(reference):
    """"public.ecr.aws/docker/library/busybox:1.36" is busybox."""
    return re.split(r"[:@]", reference.rsplit("/", 1)[-1])[0]


def find(reference, images=None):
    """The image that a task definition calls `reference`: one of `images` (by full or
    short name), a directory with root/ and config.json, or one of ours."""
    for known in (images or {}, BUILDERS):
        for name in (reference, short_name(reference)):
            if name in known:
                image = known[name]
                return image() if callable(image) else image
    if os.path.isdir(os.path.join(reference, "root")):
        config = os.path.join(reference, "config.json")
        with open(config, encoding="utf-8") as file:
            return Image(reference, [os.path.join(reference, "root")], json.load(file))
    raise ValueError(f"no image {reference!r}; the lab has {', '.join(BUILDERS)}")
