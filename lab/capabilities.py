# SPDX-License-Identifier: MIT
"""Which capabilities a container gets: Docker's rules."""
from lab import linux

NAMES = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER
SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP
MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
CHECKPOINT_RESTORE""".split()

DOCKER_DEFAULT = """CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP
SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE""".split()


def mask(names):
    return sum(1 << NAMES.index(name) for name in names)


def names_of(bits):
    return [name for bit, name in enumerate(NAMES) if bits >> bit & 1]


def machine():
    """What this machine can give at all."""
    return names_of(int(linux.status()["CapBnd"], 16))


def _plain(names):
    plain = [name.upper().removeprefix("CAP_") for name in names or []]
    for name in plain:
        if name != "ALL" and name not in NAMES:
            raise ValueError(f"no such capability: {name}")
    return plain


def granted(add=None, drop=None, privileged=False):
    """Drop first, then add; privileged ignores both lists."""
    if privileged:
        return machine()
    add, drop = _plain(add), _plain(drop)
    start = [] if "ALL" in drop else [n for n in DOCKER_DEFAULT if n not in drop]
    if "ALL" in add:
        start = [n for n in machine() if n not in drop]
    wanted = start + [n for n in add if n not in start and n != "ALL"]
    missing = [n for n in wanted if n not in machine()]
    if missing:
        raise ValueError("this machine cannot give " + ", ".join(missing))
    return [name for name in NAMES if name in wanted]


def for_process(names, uid):
    """OCI's five sets. Nothing is inheritable or ambient, and a start as another
    uid than 0 leaves the bounding set alone."""
    full = ["CAP_" + name for name in names]
    mine = full if uid == 0 else []
    return {"bounding": full, "permitted": mine, "effective": mine,
            "inheritable": [], "ambient": []}
