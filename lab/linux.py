# SPDX-License-Identifier: MIT
"""The few system calls that Python's library does not have, and /proc."""
import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def _call(what, result):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def unshare(flags):
    _call("unshare", _libc.unshare(flags))


def mount(source, target, fstype=None, flags=0, data=None):
    def text(value):
        return None if value is None else os.fsencode(value)

    _call(f"mount {fstype or 'bind'} on {target}",
          _libc.mount(text(source), text(target), text(fstype),
                      ctypes.c_ulong(flags), text(data)))


def umount(target):
    _call(f"umount {target}", _libc.umount2(os.fsencode(target), MNT_DETACH))


def become_subreaper():
    _call("prctl", _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def start_ticks(pid):
    """With the PID, this names a process for good. None when it is dead."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    except (OSError, IndexError):
        return None


def status(pid="self"):
    """/proc/PID/status as a dictionary of strings."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def resolve(root, path):
    """Where `path` leads inside `root`, absolute links included; the last part may
    be missing. Returns a path that begins with `root`."""
    done, todo, links = [], [p for p in path.split("/") if p], 0
    while todo:
        part = todo.pop(0)
        if part == ".":
            continue
        if part == "..":
            done = done[:-1]
            continue
        here = os.path.join(root, *done, part)
        if os.path.islink(here) and links < 40:
            links += 1
            target = os.readlink(here)
            if target.startswith("/"):
                done = []
            todo = [p for p in target.split("/") if p] + todo
            continue
        done.append(part)
    return os.path.join(root, *done)
