# SPDX-License-Identifier: MIT
"""Control groups: v1, v2, hybrid, or not writable at all.

Every container lives in ecs/TASK/DOCKERID, the path by which a sidecar tells
containers apart. In a hybrid layout the limits are where the v1 hierarchies are.
"""
import os
import signal
import time



def hierarchies():
    """{mount point: names of controllers}; "" for v2."""
    found = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            fields, _, rest = line.partition(" - ")
            fstype, _, options = rest.split()[:3]
            place = fields.split()[4]
            if fstype == "cgroup2":
                found[place] = [""]
            elif fstype == "cgroup":
                found[place] = options.split(",")
    return found


def writable():
    """Can the lab make groups in every hierarchy that a runtime would use?"""
    places = list(hierarchies())
    return bool(places) and all(
        os.access(p, os.W_OK) and not os.statvfs(p).f_flag & os.ST_RDONLY
        for p in places)


def container_path(task_id, docker_id):
    return f"/ecs/{task_id}/{docker_id}"


def _below(path):
    for place in hierarchies():
        top = place + path
        if os.path.isdir(top):
            yield top


def processes(path):
    """PIDs in the group `path` or below it, in any hierarchy."""
    pids = set()
    for top in _below(path):
        for directory, _, _ in os.walk(top):
            try:
                with open(os.path.join(directory, "cgroup.procs"), "rb") as file:
                    pids.update(int(line) for line in file)
            except OSError:
                pass
    return pids


def kill(path, seconds=10):
    """SIGKILL to all in the group until none is left."""
    end = time.monotonic() + seconds
    while True:
        pids = processes(path) - {0, os.getpid()}
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if time.monotonic() > end:
            raise TimeoutError(f"processes {sorted(pids)} of {path} do not die")
        time.sleep(0.005)


def remove(path):
    """Removes the group `path` and all below it, everywhere, and the one above it where
    that was the last of it."""
    for top in list(_below(path)):
        for directory, _, _ in os.walk(top, topdown=False):
            _rmdir(directory)
        _rmdir(os.path.dirname(top), tries=1)


def _rmdir(directory, tries=50):
    """A group whose last process has just died may still be busy for a moment."""
    for _ in range(tries):
        try:
            os.rmdir(directory)
            return
        except FileNotFoundError:
            return
        except OSError:
            if tries > 1:
                time.sleep(0.01)


def limit_task(task_id, memory_mib):
    """The limit of all containers together, as the ECS agent sets it. Best effort: in
    v2 the file is there only once a runtime has made the group."""
    for place, controllers in hierarchies().items():
        name = {"memory": "memory.limit_in_bytes", "": "memory.max"}
        kind = "memory" if "memory" in controllers else controllers[0]
        if kind not in name:
            continue
        try:
            os.makedirs(f"{place}/ecs/{task_id}", exist_ok=True)
            with open(f"{place}/ecs/{task_id}/{name[kind]}", "w", encoding="ascii") as file:
                file.write(str(memory_mib << 20))
        except OSError:
            pass


def resources(memory_mib=None, pids=None):
    """OCI's linux.resources; the device list is Docker's default."""
    limits = {"devices": [{"allow": False, "access": "rwm"}]}
    if memory_mib:
        limits["memory"] = {"limit": memory_mib << 20}
    if pids:
        limits["pids"] = {"limit": pids}
    return limits


def _number(path, name):
    for place, controllers in hierarchies().items():
        for controller, key in ((name.split(".")[0], name), ("", name)):
            if controller in controllers:
                try:
                    with open(f"{place}{path}/{key}", encoding="ascii") as file:
                        return int(file.read())
                except (OSError, ValueError):
                    pass
    return None


def _table(path, controller, name):
    for place, controllers in hierarchies().items():
        if controller in controllers:
            try:
                with open(f"{place}{path}/{name}", encoding="ascii") as file:
                    return [line.split() for line in file]
            except OSError:
                pass
    return []


def usage(path):
    """What /stats says: memory bytes, processor nanoseconds, bytes read and written."""
    io = {"Read": 0, "Write": 0}
    for row in _table(path, "blkio", "blkio.throttle.io_service_bytes"):
        if len(row) == 3 and row[1] in io:
            io[row[1]] += int(row[2])
    for row in _table(path, "", "io.stat"):
        values = dict(item.split("=") for item in row[1:] if "=" in item)
        io["Read"] += int(values.get("rbytes", 0))
        io["Write"] += int(values.get("wbytes", 0))
    cpu = _number(path, "cpuacct.usage")
    if cpu is None:
        rows = {row[0]: row[1] for row in _table(path, "", "cpu.stat") if len(row) == 2}
        cpu = int(rows.get("usage_usec", 0)) * 1000
    memory = _number(path, "memory.usage_in_bytes") or _number(path, "memory.current")
    return {"memory": memory or 0, "cpu": cpu or 0, "read": io["Read"],
            "write": io["Write"], "pids": len(processes(path))}
