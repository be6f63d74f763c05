# SPDX-License-Identifier: MIT
"""A task definition started by podman from flags, as an ECS agent would ask Docker for
it, with our metadata server beside it. Has what lab.task.Task has, as far as the live
matrix asks for it."""
import os
import secrets
import time

from lab import metadata, roots
from lab.podman import Podman

TMPFS = ("noexec", "nosuid", "nodev")


class _One:
    """What the metadata documents ask of a container."""

    def __init__(self, task, definition, image, tweaks):
        self.task, self.definition, self.image, self.tweaks = task, definition, image, tweaks
        self.name = definition["name"]
        self.kind = "NORMAL"
        self.docker_id = self.pid = None
        self.endpoint_id = secrets.token_hex(16)
        self.address = self.exit_status = self.finished = self.started = None
        self.created = time.time()

    def get(self, key, default=None):
        value = self.definition.get(key)
        return default if value is None else value


class PodmanTask:
    def __init__(self, definition, images=None, tweaks=None, flavour="ec2"):
        self.definition, self.images, self.tweaks = definition, images or {}, tweaks or {}
        self.flavour, self.network, self.cgroups = flavour, "host", False
        self.task_id = secrets.token_hex(16)
        self.created = time.time()
        self.containers, self.loaded, self.pause = [], set(), None
        self.volumes = {v["name"]: v for v in definition.get("volumes") or []}
        self.podman, self.server = Podman(), None

    def __enter__(self):
        self.podman.__enter__()
        try:
            self.server = metadata.Server(self)
            if self.definition.get("pidMode") == "task":
                self._load("pause", roots.pause())
                self.podman.run("pause", "pause", ["--network=host", "--read-only"])
            for one in self.definition["containerDefinitions"]:
                if not self.tweaks.get(one["name"], {}).get("later"):
                    self.start(one["name"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.server:
            self.server.http.shutdown()
            self.server.http.server_close()
        self.podman.__exit__()

    def _load(self, name, image):
        if name not in self.loaded:
            self.podman.load(name, image)
            self.loaded.add(name)

    def volume(self, _, point):
        """For the metadata: where a volume comes from."""
        host = self.volumes[point["sourceVolume"]].get("host") or {}
        return host.get("sourcePath") or point["sourceVolume"]

    def start(self, name):
        definition = next(d for d in self.definition["containerDefinitions"]
                          if d["name"] == name)
        tweaks = self.tweaks.get(name, {})
        reference = roots.short_name(definition["image"])
        image = roots.find(definition["image"], self.images)
        self._load(reference, image)
        one = _One(self, definition, image, tweaks)
        command = list(definition.get("command") or [])
        one.docker_id = self.podman.run(name, reference, self.flags(one), command)
        one.started = time.time()
        self.containers.append(one)

    def flags(self, one):
        """The flags of one container."""
        get = one.get
        flags = ["--network=host", f"--hostname={one.name}"]
        pid = self.definition.get("pidMode")
        flags += {"task": ["--pid=container:pause"], "host": ["--pid=host"]}.get(pid, [])
        if get("user"):
            flags.append(f"--user={get('user')}")
        if get("readonlyRootFilesystem"):
            flags.append("--read-only")
        if get("privileged"):
            flags.append("--privileged")
        flags += [f"--security-opt={o}" for o in get("dockerSecurityOptions", [])]
        parameters = get("linuxParameters", {})
        lists = parameters.get("capabilities") or {}
        flags += [f"--cap-drop={c}" for c in lists.get("drop") or []]
        flags += [f"--cap-add={c}" for c in lists.get("add") or []]
        for entry in parameters.get("tmpfs") or []:
            flags.append("--tmpfs=" + _tmpfs(entry))
        for point in get("mountPoints", []):
            mode = ":ro" if point.get("readOnly") else ""
            flags.append(f"-v={self.volume(one, point)}:{point['containerPath']}{mode}")
        flags += [f"-v={source}:{path}:{mode}"
                  for source, path, mode in one.tweaks.get("binds", [])]
        pairs = [f"{e['name']}={e['value']}" for e in get("environment", [])]
        pairs += [f"{k}={v}" for k, v in one.tweaks.get("environment", {}).items()]
        pairs.append("ECS_CONTAINER_METADATA_URI_V4="
                     f"{self.server.base}/v4/{one.endpoint_id}")
        return flags + [f"--env={pair}" for pair in pairs]

    # What tests ask.

    def wait(self, name, seconds=60):
        status = int(self.podman("wait", name, seconds=seconds))
        for one in self.containers:
            if one.name == name:
                one.finished, one.exit_status = time.time(), status
        return status

    def exit_status(self, name):
        running, status = self.podman.inspect(
            name, "{{.State.Running}} {{.State.ExitCode}}").split()
        return None if running == "true" else int(status)

    def pid(self, name):
        return self.podman.pid(name)

    def logs(self, name):
        """stdout and stderr, in the order of the log."""
        path = self.podman.inspect(name, "{{.HostConfig.LogConfig.Path}}")
        return "".join(text for _, text in _lines(path))

    def stdout(self, name):
        path = self.podman.inspect(name, "{{.HostConfig.LogConfig.Path}}")
        return "".join(text for stream, text in _lines(path) if stream == "stdout")

    def stderr(self, name):
        path = self.podman.inspect(name, "{{.HostConfig.LogConfig.Path}}")
        return "".join(text for stream, text in _lines(path) if stream == "stderr")


def _tmpfs(entry):
    given = entry.get("mountOptions") or []
    options = [o for o in TMPFS if o.removeprefix("no") not in given] + list(given)
    return f"{entry['containerPath']}:{','.join(options)},size={entry['size']}m"


def _lines(path):
    """k8s-file: time, stream, F (full line) or P (part of one), text."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for line in file.read().split("\n"):
            words = line.split(" ", 3)
            if len(words) == 4:
                yield words[1], words[3] + ("\n" if words[2] == "F" else "")
