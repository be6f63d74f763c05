# SPDX-License-Identifier: MIT
"""A container as an OCI bundle's config.json."""
import os
import resource
import stat

from lab import capabilities, cgroups, mounts, seccomp

LIMITS = {"core", "cpu", "data", "fsize", "memlock", "msgqueue", "nice", "nofile",
          "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"}
# Not devices of the machine but of each container.
NOT_COPIED = {"pts", "shm", "fd", "mqueue", "console", "ptmx"}


def config(container):
    settings = {
        "ociVersion": "1.0.2",
        "process": _process(container),
        "root": {"path": container.root, "readonly": container.readonly},
        "hostname": container.hostname(),
        "mounts": mounts.all_of(container),
        "linux": _linux(container),
    }
    if not any(n["type"] == "uts" for n in settings["linux"]["namespaces"]):
        del settings["hostname"]
    return settings


def _process(container):
    options = container.get("dockerSecurityOptions", [])
    names = container.capabilities
    sets = capabilities.for_process(names, container.uid)
    ambient = ["CAP_" + name for name in container.tweaks.get("ambient", [])]
    for kind in ("permitted", "effective", "inheritable", "ambient") if ambient else ():
        sets[kind] = sorted(set(sets[kind]) | set(ambient))
    return {
        "terminal": False,
        "user": {"uid": container.uid, "gid": container.gid,
                 "additionalGids": container.groups},
        "args": container.arguments(),
        "env": container.environment(),
        "cwd": container.get("workingDirectory")
        or container.image.config.get("WorkingDir") or "/",
        "capabilities": sets,
        "rlimits": _rlimits(container),
        "noNewPrivileges": any(o.startswith("no-new-privileges") and
                               not o.endswith("false") for o in options),
    }


def _rlimits(container):
    """Lowered, never raised: that would need SYS_RESOURCE."""
    limits = []
    for entry in container.get("ulimits", []):
        if entry["name"] not in LIMITS:
            raise ValueError(f"{container.name}: no such ulimit: {entry['name']}")
        kind = "RLIMIT_" + entry["name"].upper()
        _, most = resource.getrlimit(getattr(resource, kind))
        values = [entry["softLimit"], entry["hardLimit"]]
        if most != resource.RLIM_INFINITY:
            values = [most if v < 0 else min(v, most) for v in values]
        soft, hard = [v % (1 << 64) for v in values]
        limits.append({"type": kind, "soft": soft, "hard": hard})
    return limits


def _namespaces(container):
    task = container.task
    found = [{"type": "mount"}]
    for kind in ("pid", "ipc"):
        mode = task.mode(kind)
        if mode == "host":
            continue
        holder = task.pause
        if mode == "task" and holder and holder is not container:
            found.append({"type": kind, "path": f"/proc/{holder.pid}/ns/{kind}"})
        else:
            found.append({"type": kind})
    if task.network != "host":
        found.append({"type": "uts"})
    if task.network in ("none", "bridge") or container.get("disableNetworking"):
        found.append({"type": "network"})
    if container.tweaks.get("cgroupns", task.cgroupns) == "private":
        found.append({"type": "cgroup"})
    return found


def _linux(container):
    limits = cgroups.resources(container.get("memory"),
                               container.tweaks.get("pids_limit"))
    settings = {
        "namespaces": _namespaces(container),
        "resources": limits,
        "devices": _devices(container, limits["devices"]),
        "maskedPaths": [] if container.privileged else mounts.MASKED,
        "readonlyPaths": [] if container.privileged else mounts.READONLY,
        "sysctl": {e["namespace"]: e["value"]
                   for e in container.get("systemControls", [])},
    }
    if container.task.cgroups:
        settings["cgroupsPath"] = container.cgroup
    confined = container.tweaks.get("seccomp") != "unconfined"
    if confined and not container.privileged:
        settings["seccomp"] = seccomp.compiled(container.capabilities)
    return settings


def _devices(container, rules):
    if container.privileged:
        rules.append({"allow": True, "access": "rwm"})
        return list(_devices_of_the_machine())
    devices = []
    for entry in container.linux_parameter("devices", []):
        device = _device(entry["hostPath"])
        device["path"] = entry.get("containerPath") or entry["hostPath"]
        letters = entry.get("permissions") or ["read", "write", "mknod"]
        rules.append({"allow": True, "type": device["type"], "major": device["major"],
                      "minor": device["minor"],
                      "access": "".join(word[0] for word in letters)})
        devices.append(device)
    return devices


def _device(path):
    status = os.stat(path)
    if not (stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)):
        raise ValueError(f"{path} is no device")
    return {"path": path, "type": "b" if stat.S_ISBLK(status.st_mode) else "c",
            "major": os.major(status.st_rdev), "minor": os.minor(status.st_rdev),
            "fileMode": stat.S_IMODE(status.st_mode),
            "uid": status.st_uid, "gid": status.st_gid}


def _devices_of_the_machine(directory="/dev"):
    for entry in os.scandir(directory):
        if entry.name in NOT_COPIED or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _devices_of_the_machine(entry.path)
        elif stat.S_ISCHR(entry.stat().st_mode) or stat.S_ISBLK(entry.stat().st_mode):
            yield _device(entry.path)
