# SPDX-License-Identifier: MIT
"""What is true of each container of the live matrix, who can see it, and so what each
standing has to be. Worked out from the design and the kernel's rules of access; the
program under test is not asked."""
import dataclasses

DEFAULT_CAPS = 0xa80425fb
PTRACE, ADMIN, BIND = 1 << 19, 1 << 21, 1 << 10
SYS_PTRACE_ADDED = DEFAULT_CAPS | PTRACE

# An app says "ready" when it has become what it will be.
READY = ["sh", "-c", "echo ready; exec sleep 3600"]
# As gosu and su-exec do it: drop, then exec.
DROP = ["su", "-s", "/bin/sh", "redis", "-c", "echo ready; exec sleep 3600"]
# As nginx's workers do it: drop without an exec, and be undumpable from then on.
DROP_INSIDE = ["sh", "-c", "echo ready; exec httpd -f -u 999:999 -p 127.0.0.1:8999"]
KEY = "AWS_SECRET_ACCESS_KEY"


@dataclasses.dataclass
class App:
    """`definition`: what it is started from. `wrong`: what of that is declared
    differently in the false definition; None takes a key out. The rest is the truth."""
    name: str
    definition: dict
    wrong: dict
    image: str = "app"
    command: list = dataclasses.field(default_factory=lambda: READY)
    tweaks: dict = dataclasses.field(default_factory=dict)
    started: int = 0             # uid at the start
    uid: int = 0                 # and now
    gid: int = 0
    permitted: int = DEFAULT_CAPS
    bounding: int = DEFAULT_CAPS
    readonly: bool = False
    privileged: bool = False
    no_new_privs: bool = False
    dumpable: bool = True
    keys: bool = False           # an AWS key in its environment
    open_mount: bool = False     # a writable mount without nosuid or noexec
    host_path: bool = False      # a path of the machine, writable
    over_image: bool = False     # a writable mount on the image's own paths
    setuid: bool = False         # a setuid file that it may execute
    socket: bool = False


def _limited(**parameters):
    return {"linuxParameters": parameters}


def apps(host_directory, socket):
    ro, user = {"readonlyRootFilesystem": True}, {"user": "1000:1000"}
    no_ro = {"readonlyRootFilesystem": None}
    as_1000 = {"started": 1000, "uid": 1000, "gid": 1000, "permitted": 0}
    as_999 = {"started": 0, "uid": 999, "gid": 999, "permitted": 0}
    bind = {"binds": [[host_directory, "/host", "rw"]]}
    tmp = [{"containerPath": "/tmp", "size": 8, "mountOptions": ["exec"]}]
    quiet = [{"containerPath": "/tmp", "size": 8}]
    return [
        App("root-rw", {}, {**ro, **user}),
        App("root-ro", ro, {**no_ro, "user": "app"}, readonly=True),
        App("root-false", {"readonlyRootFilesystem": False, "user": "0:0"},
            {**ro, "user": "1000"}),
        App("drop-rw", {}, {**ro, "user": "999"}, command=DROP, **as_999),
        App("drop-ro", ro, {**no_ro, "user": "redis"}, command=DROP, readonly=True,
            **as_999),
        App("drop-inside", {}, {"user": "999:999"}, command=DROP_INSIDE, dumpable=False,
            **as_999),
        App("image-rw", {}, {**ro, **user}, image="user", **as_1000),
        App("image-ro", ro, {**no_ro, "user": "0"}, image="user", readonly=True, **as_1000),
        App("user-rw", user, {**ro, "user": None}, **as_1000),
        App("user-ro", {**ro, **user, **_limited(capabilities={"drop": ["ALL"]}),
                        "dockerSecurityOptions": ["no-new-privileges"]},
            {**no_ro, "user": "root", "linuxParameters": None,
             "dockerSecurityOptions": None},
            readonly=True, no_new_privs=True, **{**as_1000, "bounding": 0}),
        App("tracer", _limited(capabilities={"add": ["SYS_PTRACE"]}),
            {**user, "linuxParameters": None},
            permitted=SYS_PTRACE_ADDED, bounding=SYS_PTRACE_ADDED),
        App("admin", {**ro, **_limited(capabilities={"add": ["SYS_ADMIN"]})},
            {**no_ro, "linuxParameters": None}, readonly=True,
            permitted=DEFAULT_CAPS | ADMIN, bounding=DEFAULT_CAPS | ADMIN),
        App("privileged", {"privileged": True}, {"privileged": None, **ro},
            privileged=True, permitted=-1, bounding=-1),
        App("privileged-ro", {"privileged": True, **ro}, {"privileged": False, **no_ro},
            privileged=True, readonly=True, permitted=-1, bounding=-1),
        App("volume", {**ro, **user, "mountPoints": [
            {"sourceVolume": "host", "containerPath": "/host"}]},
            {"mountPoints": None}, readonly=True, host_path=True, open_mount=True,
            **as_1000),
        App("hidden-volume", user, {"mountPoints": [
            {"sourceVolume": "host", "containerPath": "/host", "readOnly": True}]},
            tweaks=bind, host_path=True, open_mount=True, **as_1000),
        App("readonly-volume", {**user, "mountPoints": [
            {"sourceVolume": "host", "containerPath": "/host", "readOnly": True}]},
            {"mountPoints": [{"sourceVolume": "host", "containerPath": "/host"}]},
            **as_1000),
        App("over-image", {**ro, "mountPoints": [
            {"sourceVolume": "empty", "containerPath": "/usr/bin"}]},
            {**no_ro, "mountPoints": None}, readonly=True, over_image=True,
            open_mount=True),
        App("tmp-exec", {**ro, **user, **_limited(tmpfs=tmp)}, _limited(tmpfs=quiet),
            readonly=True, open_mount=True, **as_1000),
        App("tmp", {**ro, **user, **_limited(tmpfs=quiet)},
            {"linuxParameters": None, **no_ro}, readonly=True, **as_1000),
        App("keys", {**user, "environment": [{"name": KEY, "value": "x"}]},
            {"environment": []}, keys=True, **as_1000),
        App("image-keys", {}, {"environment": [{"name": KEY, "value": "x"}]},
            image="keys", keys=True),
        App("ambient", user, {**user, **ro}, tweaks={"ambient": ["NET_BIND_SERVICE"]},
            **{**as_1000, "permitted": BIND}),
        App("setuid", user, {"user": None}, image="setuid", setuid=True, **as_1000),
        App("socket", {}, {**user}, tweaks={"binds": [[socket, "/var/run/docker.sock",
                                                       "rw"]]},
            socket=True, open_mount=True, host_path=True),
    ]


@dataclasses.dataclass
class Sidecar:
    name: str
    user: str
    add: tuple = ()
    drop: tuple = ()
    file_capability: bool = False

    @property
    def uid(self):
        return int(self.user.split(":")[0])

    @property
    def gid(self):
        return int((self.user + ":0").split(":")[1])

    @property
    def bounding(self):
        caps = 0 if "ALL" in self.drop else DEFAULT_CAPS
        return caps | (PTRACE if "SYS_PTRACE" in self.add else 0)

    @property
    def effective(self):
        """What it can have in force: all of it as root; else what its file gives."""
        if self.uid == 0:
            return self.bounding
        return self.bounding & PTRACE if self.file_capability else 0


SIDECARS = [
    Sidecar("as-root", "0"),
    Sidecar("as-root-ptrace", "0", add=("SYS_PTRACE",)),
    Sidecar("as-root-bare", "0", drop=("ALL",)),
    Sidecar("as-app", "1000:1000"),
    Sidecar("as-app-ptrace", "1000:1000", add=("SYS_PTRACE",), file_capability=True),
    Sidecar("as-app-uid-alone", "1000"),
    Sidecar("as-other", "65532"),
    Sidecar("as-other-ptrace", "65532", add=("SYS_PTRACE",)),
    Sidecar("as-other-file", "65532", add=("SYS_PTRACE",), file_capability=True),
]

# Of a process: nothing; what everyone may read (status, mountinfo, cgroup); what takes
# the kernel's leave to inspect it (its root, namespaces); its owner's files too (environ,
# fd), which ask for owner or DAC_OVERRIDE besides.
NOTHING, STATUS, INSIDE, ALL = range(4)


def sight(sidecar, app, shared):
    """What a sidecar can see of an app. `shared`: one PID namespace."""
    if not shared:
        return NOTHING
    if sidecar.effective & PTRACE:
        owner = (sidecar.uid, sidecar.gid) == (app.uid, app.gid) and app.dumpable
        root = sidecar.uid == 0 and sidecar.effective & 2
        return ALL if owner or root else INSIDE
    if not app.dumpable:
        return STATUS
    own = (sidecar.uid, sidecar.gid, sidecar.effective)
    candidates = [own]
    if sidecar.uid == 0 and sidecar.effective & 0xc0 == 0xc0:  # SETUID and SETGID
        candidates.append((app.uid, app.gid, sidecar.effective))  # PR_SET_KEEPCAPS
    for uid, gid, effective in candidates:
        if (uid, gid) == (app.uid, app.gid) and app.permitted & ~effective == 0:
            return ALL
    return STATUS


PASS, FAIL, UNKNOWN, NONE = "pass", "fail", "unknown", "not-applicable"


def good(condition):
    return PASS if condition else FAIL


def observed(app, seen, fargate=False, writable_facts=False):
    """{control: the verdicts that are right}. More than one where the design leaves it
    open; unknown is wrong where it could be seen."""
    if seen == NOTHING:
        return {c: {UNKNOWN} for c in ("ECS.5", "CIS.3.5", "ECS.20", "ECS.4", "CIS.3.4",
                                       "ECS.8", "CIS.3.6", "TP.1", "TP.2", "TP.3", "TP.11",
                                       "TP.12", "TP.5", "TP.6", "TP.7", "TP.4")}
    root_now, files = app.uid == 0, seen == ALL
    verdicts = {
        "ECS.5": good(app.readonly),
        "ECS.4": good(not app.privileged),
        "TP.1": good(app.no_new_privs),
        "TP.2": good(app.bounding & ~DEFAULT_CAPS == 0),
        "TP.3": good(not app.privileged),
        "TP.11": NONE if root_now else good(app.permitted == 0),
        "TP.12": good(not app.over_image) if app.readonly else NONE,
        "TP.6": good(not (app.open_mount or writable_facts)),
        "ECS.8": good(not app.keys) if files else UNKNOWN,
        # Root in sight is a fail whoever looks; its absence has to be seen.
        "ECS.20": FAIL if root_now or (files and app.started == 0) else
        PASS if files else UNKNOWN,
        "TP.5": NONE if fargate else good(not app.host_path),
        "TP.7": PASS if app.no_new_privs else
        good(not app.setuid) if files else {UNKNOWN, good(not app.setuid)},
        "TP.4": FAIL if app.socket else PASS if seen >= INSIDE else {UNKNOWN, PASS},
    }
    for other, same in (("CIS.3.5", "ECS.5"), ("CIS.3.4", "ECS.4"), ("CIS.3.6", "ECS.8")):
        verdicts[other] = verdicts[same]
    return {c: v if isinstance(v, set) else {v} for c, v in verdicts.items()}


def declared(container):
    """{control: verdict} of a container definition: each set's own rule."""
    user = container.get("user")
    lists = (container.get("linuxParameters") or {}).get("capabilities") or {}
    names = {e["name"] for e in container.get("environment") or []}
    options = container.get("dockerSecurityOptions") or []
    verdicts = {
        "ECS.5": good(container.get("readonlyRootFilesystem") is True),
        "ECS.4": good(container.get("privileged") is not True),
        "ECS.20": good(user is not None and user.split(":")[0] not in ("0", "root")),
        "ECS.8": good(KEY not in names),
        "TP.1": good("no-new-privileges" in options),
        "TP.2": good(not lists.get("add") and container.get("privileged") is not True),
        "TP.3": FAIL if container.get("privileged") is True else NONE,
    }
    for other, same in (("CIS.3.5", "ECS.5"), ("CIS.3.4", "ECS.4"), ("CIS.3.6", "ECS.8")):
        verdicts[other] = verdicts[same]
    return verdicts


def standing(said, seen):
    """design.md, section 4."""
    table = {
        (PASS, PASS): "confirmed", (PASS, FAIL): "contradicted",
        (FAIL, PASS): "undeclared", (FAIL, FAIL): "failed",
    }
    if (said, seen) in table:
        return table[said, seen]
    if said in (PASS, FAIL):
        return "declared-only"
    if seen in (PASS, FAIL):
        return "observed-only"
    return "not-applicable" if said == NONE else "unknown"
