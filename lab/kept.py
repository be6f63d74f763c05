# SPDX-License-Identifier: MIT
"""A task as the lab's keeper holds it: its containers, volumes and network."""
import os
import secrets
import time
import uuid

from lab import bundle, cgroups, container, linux, metadata, mounts, network, roots, runtime


class KeptTask:
    """`request` is what lab.task sends: definition, state, flavour, tweaks, images,
    secrets, faults, network."""

    def __init__(self, request):
        self.request = request
        self.definition = request["definition"]
        self.definition = self.definition.get("taskDefinition", self.definition)
        self.flavour = request.get("flavour") or "ec2"
        self.state = request["state"]
        self.work = self.state + "/work"
        self.task_id = request["task_id"]
        self.containers, self.pause, self.address = [], None, None
        self.created = time.time()
        self.network = request.get("network") or self._declared_network()
        self.cgroups = cgroups.writable()
        v2_only = list(cgroups.hierarchies().values()) == [[""]]
        self.cgroupns = "private" if v2_only else "host"
        self.images = {name: roots.Image(**image)
                       for name, image in (request.get("images") or {}).items()}
        self.volumes = {v["name"]: v for v in self.definition.get("volumes") or []}
        self.runtime = None
        self.server = None

    def _declared_network(self):
        default = "awsvpc" if self.flavour == "fargate" else "bridge"
        return self.definition.get("networkMode") or default

    # What containers ask of their task.

    def new_docker_id(self):
        return container.docker_id(self.flavour, self.task_id, secrets.token_hex(4))

    def new_endpoint_id(self, docker_id):
        return docker_id if self.flavour == "fargate" else str(uuid.uuid4())

    def mode(self, kind):
        """pidMode, ipcMode: "task", "host", or None: one of its own."""
        return self.definition.get(kind + "Mode")

    def find(self, name):
        for one in self.containers:
            if one.name == name:
                return one
        raise ValueError(f"no container {name!r} in the task")

    def secret(self, reference):
        return self.request.get("secrets", {}).get(reference, "lab-secret")

    def environment(self, one):
        base = self.server.base
        pairs = [f"ECS_CONTAINER_METADATA_URI={base}/v3/{one.endpoint_id}",
                 f"ECS_CONTAINER_METADATA_URI_V4={base}/v4/{one.endpoint_id}",
                 f"ECS_AGENT_URI={base}/api/{one.endpoint_id}",
                 f"AWS_EXECUTION_ENV=AWS_ECS_{self.flavour.upper()}",
                 f"AWS_DEFAULT_REGION={metadata.REGION}", f"AWS_REGION={metadata.REGION}"]
        if self.definition.get("taskRoleArn"):
            pairs.append("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="
                         f"/v2/credentials/{uuid.uuid4()}")
        return pairs

    def shm(self, one):
        """The tmpfs behind /dev/shm; shared with ipcMode task, the machine's with
        host, none at all with none."""
        mode = self.mode("ipc")
        if mode == "host":
            return "/dev/shm"
        if mode == "none":
            return None
        holder = self.pause if mode == "task" else one
        path = holder.directory + "/shm"
        if not os.path.isdir(path):
            os.makedirs(path)
            size = one.linux_parameter("sharedMemorySize", 64)
            linux.mount("shm", path, "tmpfs",
                        linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC,
                        f"mode=1777,size={size}m")
        return path

    def volume(self, one, point):
        """The directory of a volume, with the image's content at its first use."""
        declared = self.volumes[point["sourceVolume"]]
        host = (declared.get("host") or {}).get("sourcePath")
        if host:
            os.makedirs(host, mode=0o755, exist_ok=True)
            return host
        path = f"{self.state}/volumes/{declared['name']}/_data"  # as Docker has it
        if os.path.isdir(path):
            return path
        os.makedirs(path, mode=0o755)
        carried = (one.image.config.get("Volumes") or [])
        if self.flavour == "ec2" or point["containerPath"] in carried:
            mounts.copy_up(one, point["containerPath"], path)
        return path

    # Its life.

    def start(self):
        os.makedirs(self.work)
        linux.unshare(linux.CLONE_NEWNS)
        linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
        linux.mount("lab", self.work, "tmpfs", data="mode=755")
        linux.become_subreaper()
        self.address = network.enter(self.network)
        self.server = metadata.Server(self, self.request.get("faults"))
        pump = runtime.Pump(self.state + "/logs")
        self.runtime = runtime.Runtime(self.work, pump)
        if "task" in (self.mode("pid"), self.mode("ipc")):
            self.pause = container.pause(self, "NAMESPACE_PAUSE")
            self._start_one(self.pause)
        for definition in in_order(self.definition["containerDefinitions"]):
            if not self._tweaks(definition["name"]).get("later"):
                self.start_container(definition["name"])

    def _tweaks(self, name):
        return self.request.get("tweaks", {}).get(name, {})

    def start_container(self, name):
        """One of the definition's, after those that it depends on."""
        definition = next((d for d in self.definition["containerDefinitions"]
                           if d["name"] == name), None)
        if not definition:
            raise ValueError(f"no container {name!r} in the definition")
        self._await_dependencies(definition)
        tweaks = self._tweaks(name)
        image = roots.find(tweaks.get("image") or definition["image"], self.images)
        self._start_one(container.Container(definition, image, self, tweaks))

    def _start_one(self, one):
        os.makedirs(one.directory)
        mounts.mount_root(one)
        one.find_user()
        mounts.write_etc(one)
        self.containers.append(one)
        one.created = time.time()
        if self.cgroups and self.definition.get("memory"):
            cgroups.limit_task(self.task_id, int(self.definition["memory"]))
        own_network = self.network == "bridge" and one is not self.pause
        self.runtime.create(one, bundle.config(one), start=not own_network)
        if own_network:
            number = len(self.containers)
            if not one.get("disableNetworking"):
                one.address = network.connect(number, one.pid)
            self.runtime.start(one)
        one.started = time.time()

    def _await_dependencies(self, definition):
        for entry in definition.get("dependsOn") or []:
            other = self.find(entry["containerName"])
            if entry["condition"] in ("COMPLETE", "SUCCESS"):
                status = self.runtime.wait(other, 60)
                if status is None or (entry["condition"] == "SUCCESS" and status):
                    raise runtime.Failed(f"{definition['name']} waits for {other.name}, "
                                         f"which ended with {status}")

    def stop(self):
        """Ends every process of the task. Mounts go with this process's namespace."""
        known = {one.pid for one in self.containers if one.pid}
        if self.cgroups:
            cgroups.kill(f"/ecs/{self.task_id}")
        for one in self.containers:
            if one.pid and one.exit_status is None:
                kill_tree(one.pid)
                self.runtime.wait(one, 10)
        if self.cgroups:
            cgroups.remove(f"/ecs/{self.task_id}")
        return known


def kill_tree(pid):
    """A process and what descends from it, for machines without control groups."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = [int(word) for word in file.read().split()]
        os.kill(pid, 9)
    except (OSError, ProcessLookupError):
        return
    for child in children:
        kill_tree(child)


def in_order(definitions):
    """Those that others depend on first, otherwise as written."""
    done, todo = [], list(definitions)
    while todo:
        names = {d["name"] for d in done}
        ready = [d for d in todo if all(e["containerName"] in names
                                        for e in d.get("dependsOn") or [])]
        if not ready:
            raise ValueError("dependsOn goes in a circle")
        done.append(ready[0])
        todo.remove(ready[0])
    return done
