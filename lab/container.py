# SPDX-License-Identifier: MIT
"""One container of a task: what is declared of it, what its image adds, and where
the lab keeps its things."""
import hashlib
import os
import secrets

from lab import capabilities, linux, roots

# What an image without a PATH of its own gets.
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
REFUSED = ("interactive", "pseudoTerminal", "credentialSpecs", "firelensConfiguration")


class Container:
    """`tweaks` is what no task definition says: binds, pids_limit, seccomp,
    cgroupns, ambient, environment, image, later."""

    def __init__(self, definition, image, task, tweaks=None, kind="NORMAL"):
        self.definition = {k: v for k, v in definition.items() if v is not None}
        self.image = image
        self.task = task
        self.tweaks = tweaks or {}
        self.kind = kind
        self.name = self.definition["name"]
        self.directory = os.path.join(task.work, "containers", self.name)
        self.root = self.directory + "/root"
        self.upper = self.directory + "/upper"
        # Not on the task's tmpfs: a mount of it should look like a machine's disk.
        self.etc = os.path.join(task.state, "etc", self.name)
        self.docker_id = task.new_docker_id()
        self.endpoint_id = task.new_endpoint_id(self.docker_id)
        self.uid, self.gid, self.groups = None, None, None
        self.pid, self.created, self.started, self.finished = None, None, None, None
        self.exit_status, self.address = None, task.address
        for key in REFUSED:
            if self.definition.get(key):
                raise ValueError(f"{self.name}: the lab cannot do {key}")

    def get(self, key, default=None):
        value = self.definition.get(key)
        return default if value is None else value

    def linux_parameter(self, key, default=None):
        value = (self.get("linuxParameters") or {}).get(key)
        return default if value is None else value

    @property
    def privileged(self):
        return bool(self.get("privileged"))

    @property
    def readonly(self):
        return bool(self.get("readonlyRootFilesystem"))

    @property
    def capabilities(self):
        lists = self.linux_parameter("capabilities", {})
        return capabilities.granted(lists.get("add"), lists.get("drop"), self.privileged)

    @property
    def cgroup(self):
        from lab import cgroups
        return cgroups.container_path(self.task.task_id, self.docker_id)

    def find_user(self):
        """Reads the image's passwd and group as Docker does; the root is mounted."""
        wanted = self.get("user") or self.image.config.get("User") or "0"
        self.uid, self.gid, self.groups = resolve_user(self.root, wanted)

    def arguments(self):
        """A definition's entryPoint makes the image's Cmd void."""
        entry = self.get("entryPoint")
        command = self.get("command")
        if command is None and not entry:
            command = self.image.config.get("Cmd")
        entry = entry or self.image.config.get("Entrypoint") or []
        arguments = list(entry) + list(command or [])
        if not arguments:
            raise ValueError(f"{self.name}: nothing to run: no command, no entryPoint")
        return arguments

    def hostname(self):
        if self.task.network == "awsvpc":
            return "ip-" + self.task.address.replace(".", "-") + ".ec2.internal"
        return self.get("hostname") or self.docker_id[:12]

    def environment(self):
        """Docker's order: PATH and HOSTNAME, the image, the definition, ECS; a later
        value of a name replaces an earlier one in its place."""
        pairs = [PATH, "HOSTNAME=" + self.hostname()]
        pairs += self.image.config.get("Env") or []
        for entry in self.get("environment", []):
            pairs.append(f"{entry['name']}={entry.get('value', '')}")
        for entry in self.get("secrets", []):
            pairs.append(f"{entry['name']}={self.task.secret(entry['valueFrom'])}")
        pairs += self.task.environment(self)
        pairs += [f"{k}={v}" for k, v in self.tweaks.get("environment", {}).items()]
        merged = {}
        for pair in pairs:
            merged[pair.partition("=")[0]] = pair
        return list(merged.values())


def resolve_user(root, wanted):
    """(uid, gid, additional gids) of "uid", "uid:gid", "name", "name:group" ..."""
    users = _table(linux.resolve(root, "/etc/passwd"))
    groups = _table(linux.resolve(root, "/etc/group"))
    user, _, group = wanted.partition(":")
    row = _row(users, user)
    if row is None and not user.isdecimal():
        raise ValueError(f"no user {user!r} in the image")
    uid = int(row[2]) if row else int(user)
    gid = int(row[3]) if row else 0
    extra = []
    if group:
        found = _row(groups, group)
        if found is None and not group.isdecimal():
            raise ValueError(f"no group {group!r} in the image")
        gid = int(found[2]) if found else int(group)
    elif row:
        extra = [int(g[2]) for g in groups if row[0] in g[3].split(",") and int(g[2]) != gid]
    return uid, gid, [gid] + extra


def _table(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            rows = [line.rstrip("\n").split(":") for line in file]
        return [row for row in rows if len(row) >= 4]
    except OSError:
        return []


def _row(table, wanted):
    column = 2 if wanted.isdecimal() else 0
    return next((row for row in table if row[column] == wanted), None)


def docker_id(flavour, task_id, name):
    """EC2: 64 hex digits. Fargate: the task's id, a dash and digits."""
    if flavour == "fargate":
        digits = int.from_bytes(hashlib.sha256((task_id + name).encode()).digest()[:4],
                                "big")
        return f"{task_id}-{digits:010d}"
    return secrets.token_hex(32)


def pause(task, kind):
    """The container that only holds namespaces for the others."""
    definition = {"name": "~internal~ecs~pause", "image": "amazon/amazon-ecs-pause:0.1.0",
                  "readonlyRootFilesystem": True}
    return Container(definition, roots.pause(), task, kind=kind)
