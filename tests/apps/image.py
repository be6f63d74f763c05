# SPDX-License-Identifier: MIT
"""Images: one Debian base, an app's packages as a layer on it (both cached), and what
`RUN` in a Dockerfile would add."""
import dataclasses
import fcntl
import hashlib
import os
import subprocess

from lab import roots

# Raise it when what is below makes other layers.
VERSION = 1
BASE = "python3,strace,procps,curl,adduser"
OVERLAY = "redirect_dir=off,metacopy=off"
# What a Dockerfile of Debian's own images would leave out too.
APT = ["-y", "-q", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0",
       "-o", "Dpkg::Options::=--force-unsafe-io", "-o", "Dpkg::Options::=--force-confold"]
# In mount and PID namespaces of its own: whatever happens, nothing of it stays.
MOUNTED = """
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK,$OPTIONS" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
"""
RUN = MOUNTED + """
exec chroot --userspec="$RUN_USER" "$ROOT" /usr/bin/env -i PATH="$PATH" "$@"
"""
# The machine's apt, with its sources, and the root's dpkg.
INSTALL = MOUNTED + """
mkdir -p "$CACHE/partial" "$ROOT/var/cache/apt/archives"
mount --bind "$CACHE" "$ROOT/var/cache/apt/archives"
printf '#!/bin/sh\\nexit 101\\n' >"$ROOT/usr/sbin/policy-rc.d"
chmod 755 "$ROOT/usr/sbin/policy-rc.d"
apt() {
	apt-get -o "Dir::State::status=$ROOT/var/lib/dpkg/status" \\
		-o "Dir::State::extended_states=$ROOT/var/lib/apt/extended_states" \\
		-o "Dir::Cache::archives=$ROOT/var/cache/apt/archives" \\
		-o "DPkg::Chroot-Directory=$ROOT" -o APT::Keep-Downloaded-Packages=true \\
		-o DPkg::Post-Invoke::= -o APT::Update::Post-Invoke::= "$@"
}
chroot "$ROOT" /bin/sh -eu -c "$BEFORE"
apt install "$@" || { apt-get -q update && apt install "$@"; }
rm "$ROOT/usr/sbin/policy-rc.d"
chroot "$ROOT" /bin/sh -eu -c "$SETUP"
rm -rf "$ROOT/tmp/"* "$ROOT/var/tmp/"*
"""


class Failed(Exception):
    pass


def _script(script, arguments, upper, layers, **environment):
    work, root = upper + ".work", upper + ".root"
    for directory in (upper, work, root):
        os.makedirs(directory, exist_ok=True)
    os.chmod(upper, 0o755)
    variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                 "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8",
                 "LOWER": ":".join(layers), "UPPER": upper, "WORK": work, "ROOT": root,
                 "OPTIONS": OVERLAY, **environment}
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation",
         "private", "sh", "-eu", "-c", script, "sh", *arguments],
        env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False)
    subprocess.run(["rm", "-rf", work, root], check=True)
    if done.returncode != 0:
        raise Failed(f"{done.returncode}: {done.stdout[-3000:].decode(errors='replace')}")


def run(image, arguments, directory, user="0"):
    """The image after `RUN arguments`; its layer is `directory`, which is new."""
    _script(RUN, arguments, directory, image.layers,
            RUN_USER=user if ":" in user else user + ":")
    return dataclasses.replace(image, layers=[directory, *image.layers])


def base():
    return [roots.cached("apps-base", lambda root: roots.build_debian(root, BASE))]


def installed(name, packages, before="", setup=""):
    """The layers of the base with `packages`; `before` and `setup` run in it as root."""
    key = hashlib.sha256(repr((VERSION, BASE, packages, before, setup)).encode())
    lower = base()

    def build(root):
        with open(roots.cache_directory() + "/apps-lock", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # apt's archives are for one at a time
            install(root)

    def install(root):
        print(f"apps: installing {', '.join(packages)} (once)", flush=True)
        upper = root + "/layer"
        _script(INSTALL, [*APT, *packages], upper, lower, BEFORE=before or ":",
                SETUP=setup or ":", CACHE=roots.cache_directory() + "/apps-archives")

    place = roots.cached(f"apps-{name}-{key.hexdigest()[:12]}", build)
    return [place + "/layer", *lower]


def tracer(binary, directory):
    """/taskprobe with its libraries, for below everything else: the packages' own
    libraries win."""
    tree = {"taskprobe": roots.File(copy=binary, mode=0o755)}
    for library in roots.libraries(binary):
        inside = library if library.startswith("/usr/") else "/usr" + library
        tree[inside] = roots.File(copy=library, mode=0o755)
    return roots.Image("taskprobe", []).with_files(directory, tree).layers
