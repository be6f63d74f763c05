# SPDX-License-Identifier: MIT
"""What is mounted in a container, and how: Docker's choices, not those of a bare
OCI bundle."""
import os
import shutil
import stat
import subprocess

from lab import linux

# Of the runtime's own mounts, these alone stay writable with a read-only root.
STAYS_WRITABLE = {"/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"}
MASKED = ["/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys",
          "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
          "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
          "/sys/devices/virtual/powercap"]
READONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
ETC_FILES = ("resolv.conf", "hostname", "hosts")
TMPFS_DEFAULTS = ["noexec", "nosuid", "nodev"]
OPPOSITES = {"exec": "noexec", "suid": "nosuid", "dev": "nodev"}


def _mount(destination, fstype, source, *options):
    return {"destination": destination, "type": fstype, "source": source,
            "options": list(options)}


def _bind(destination, source, readonly):
    return _mount(destination, "bind", source, "rbind", "rprivate",
                  "ro" if readonly else "rw")


def runtime(container):
    """The runtime's own mounts."""
    safe = ("nosuid", "noexec", "nodev")
    mounts = [
        _mount("/proc", "proc", "proc", *safe),
        _mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755",
               "size=65536k"),
        _mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance",
               "ptmxmode=0666", "mode=0620", "gid=5"),
        _mount("/sys", "sysfs", "sysfs", *safe, "rw" if container.privileged else "ro"),
        _mount("/dev/mqueue", "mqueue", "mqueue", *safe),
    ]
    if container.task.cgroups:
        mounts.append(_mount("/sys/fs/cgroup", "cgroup", "cgroup", *safe,
                             "rw" if container.privileged else "ro"))
    for name in ETC_FILES:
        mounts.append(_bind("/etc/" + name, f"{container.etc}/{name}", False))
    shm = container.task.shm(container)
    if shm:
        mounts.append(_bind("/dev/shm", shm, False))
    if container.readonly:
        for mount in mounts:
            destination, options = mount["destination"], mount["options"]
            kept = container.privileged and destination in ("/sys", "/sys/fs/cgroup")
            if destination not in STAYS_WRITABLE and not kept:
                mount["options"] = [o for o in options if o not in ("ro", "rw")] + ["ro"]
    return mounts


def tmpfs(entry):
    """linuxParameters.tmpfs: Docker's defaults, turned round by exec, suid and dev."""
    given = list(entry.get("mountOptions") or [])
    turned = {OPPOSITES[o] for o in given if o in OPPOSITES}
    options = [o for o in TMPFS_DEFAULTS if o not in turned and o not in given]
    options += [o for o in given if o not in OPPOSITES or o in turned]
    if entry.get("size"):
        options.append(f"size={entry['size']}m")
    return _mount(entry["containerPath"], "tmpfs", "tmpfs", *options, "rprivate")


def of_definition(container):
    """Volumes, tmpfs, volumesFrom and the lab's own binds."""
    found = []
    for point in container.get("mountPoints", []):
        source = container.task.volume(container, point)
        found.append(_bind(point["containerPath"], source, bool(point.get("readOnly"))))
    for entry in container.get("volumesFrom", []):
        other = container.task.find(entry["sourceContainer"])
        for point in other.get("mountPoints", []):
            readonly = bool(point.get("readOnly") or entry.get("readOnly"))
            source = container.task.volume(other, point)
            found.append(_bind(point["containerPath"], source, readonly))
    found += [tmpfs(entry) for entry in container.linux_parameter("tmpfs", [])]
    for source, path, mode in container.tweaks.get("binds", []):
        found.append(_bind(path, source, mode == "ro"))
    return found


def all_of(container):
    """Sorted so that a parent comes before what is mounted in it; a mount of the
    definition replaces the runtime's at the same place."""
    declared = of_definition(container)
    taken = {mount["destination"] for mount in declared}
    own = [m for m in runtime(container) if m["destination"] not in taken]
    return own + sorted(declared, key=lambda m: m["destination"].count("/"))


def write_etc(container):
    """The files that Docker mounts over the image's."""
    os.makedirs(container.etc)
    name, address = container.hostname(), container.task.address
    hosts = ["127.0.0.1 localhost"] + ([f"{address} {name}"] if address else [])
    hosts += [f"{e['ipAddress']} {e['hostname']}" for e in container.get("extraHosts", [])]
    texts = {"hosts": "\n".join(hosts), "hostname": name,
             "resolv.conf": "nameserver 169.254.169.253"}
    for file_name, text in texts.items():
        with open(f"{container.etc}/{file_name}", "w", encoding="utf-8") as file:
            file.write(text + "\n")


def mount_root(container):
    """The overlay. Upper and work lie on the task's own tmpfs."""
    work = container.directory + "/work"
    for directory in (container.root, container.upper, work):
        os.makedirs(directory)
    os.chmod(container.upper, 0o755)
    data = f"lowerdir={':'.join(container.image.layers)},upperdir={container.upper}"
    linux.mount("overlay", container.root, "overlay", data=f"{data},workdir={work}")


def copy_up(container, path, volume):
    """An empty volume takes content, owner and mode of what the image has at `path`."""
    source = linux.resolve(container.root, path)
    if not os.path.isdir(source) or os.listdir(volume):
        return
    entries = [os.path.join(source, name) for name in os.listdir(source)]
    if entries:
        subprocess.run(["cp", "-a", "--", *entries, volume], check=True)
    status = os.stat(source)
    os.chown(volume, status.st_uid, status.st_gid)
    os.chmod(volume, stat.S_IMODE(status.st_mode))
    shutil.copystat(source, volume)
