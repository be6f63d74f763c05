# SPDX-License-Identifier: MIT
"""The task metadata endpoint, version 4: documents, server, and faults on request."""
import http.server
import json
import random
import threading
import time
import urllib.parse
import zlib

from lab import cgroups, network

REGION, ACCOUNT, CLUSTER = "eu-central-1", "111122223333", "lab"
ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:"


def _time(seconds):
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1e9):09d}Z"


def task_arn(task):
    return f"{ARN}task/{CLUSTER}/{task.task_id}"


def container_document(task, one):
    """What one container's path answers, and what /task lists of it."""
    fargate = task.flavour == "fargate"
    definition = task.definition
    running = one.exit_status is None
    family, revision = definition.get("family", "lab"), str(definition.get("revision", 1))
    document = {
        "DockerId": one.docker_id,
        "Name": one.name,
        "DockerName": one.name if fargate else
        f"ecs-{family}-{revision}-{one.name.replace('~', '')}-{zlib.crc32(one.docker_id.encode()):08x}",
        "Image": one.definition["image"],
        "ImageID": "" if one is task.pause else
        f"sha256:{zlib.crc32(one.image.name.encode()):064x}",
        "Labels": {
            "com.amazonaws.ecs.cluster": f"{ARN}cluster/{CLUSTER}" if fargate else CLUSTER,
            "com.amazonaws.ecs.container-name": one.name,
            "com.amazonaws.ecs.task-arn": task_arn(task),
            "com.amazonaws.ecs.task-definition-family": family,
            "com.amazonaws.ecs.task-definition-version": revision,
            **one.get("dockerLabels", {}),
        },
        "DesiredStatus": "RUNNING" if running else "STOPPED",
        "KnownStatus": "STOPPED" if not running else
        "RUNNING" if one.started else "CREATED",
        "Limits": {"CPU": one.get("cpu", 2)},
        "CreatedAt": _time(one.created),
        "Type": one.kind,
        "ContainerARN": f"{ARN}container/{CLUSTER}/{task.task_id}/{one.docker_id[:36]}",
    }
    if not fargate:
        document["Limits"]["Memory"] = one.get("memory", 0)
    if one.started:
        document["StartedAt"] = _time(one.started)
        document["Networks"] = [_network(task, one)]
    if not running:
        document.update(ExitCode=one.exit_status, FinishedAt=_time(one.finished))
    log = one.get("logConfiguration")
    if log and log.get("logDriver"):
        document["LogDriver"] = log["logDriver"]
        document["LogOptions"] = log.get("options") or {}
    volumes = [{"Source": task.volume(one, point), "Destination": point["containerPath"]}
               for point in one.get("mountPoints", [])]
    if volumes and not fargate:
        document["Volumes"] = volumes
    return document


def _network(task, one):
    document = {"NetworkMode": task.network}
    address = one.address
    if address:
        document["IPv4Addresses"] = [address]
    if task.network == "awsvpc":
        document.update(AttachmentIndex=0, IPv4SubnetCIDRBlock="10.0.1.0/24",
                        PrivateDNSName=one.hostname(),
                        SubnetGatewayIpv4Address="10.0.1.1/24")
    return document


def task_document(task, tags=False):
    """Containers come in another order each time, as from the real one."""
    definition = task.definition
    fargate = task.flavour == "fargate"
    listed = [one for one in task.containers if not (fargate and one is task.pause)]
    documents = [container_document(task, one) for one in listed]
    random.shuffle(documents)
    document = {
        "Cluster": f"{ARN}cluster/{CLUSTER}" if fargate else CLUSTER,
        "TaskARN": task_arn(task),
        "Family": definition.get("family", "lab"),
        "Revision": str(definition.get("revision", 1)),
        "DesiredStatus": "RUNNING",
        "KnownStatus": "RUNNING" if listed and all(c.started for c in listed) else "PULLED",
        "PullStartedAt": _time(task.created),
        "PullStoppedAt": _time(task.created),
        "AvailabilityZone": REGION + "a",
        "LaunchType": task.flavour.upper(),
        "Containers": documents,
        "FaultInjectionEnabled": False,
    }
    if fargate:
        document["EphemeralStorageMetrics"] = {"Utilized": 261, "Reserved": 20496}
        document["Limits"] = {"CPU": 0.25, "Memory": 512}
    else:
        document["VPCID"] = "vpc-0123456789abcdef0"
    if tags:
        document.update(TaskTags={"made-by": "lab"}, ContainerInstanceTags={})
    return document


def stats_document(task, one):
    usage = cgroups.usage(one.cgroup) if task.cgroups and one.pid else None
    if usage is None or one.exit_status is not None:
        return {}
    bytes_moved = [{"major": 254, "minor": 0, "op": op, "value": usage[op.lower()]}
                   for op in ("Read", "Write")]
    return {
        "read": _time(time.time()), "preread": _time(time.time() - 1),
        "pids_stats": {"current": usage["pids"]},
        "blkio_stats": {"io_service_bytes_recursive": bytes_moved},
        "num_procs": 0, "storage_stats": {},
        "cpu_stats": {"cpu_usage": {"total_usage": usage["cpu"]}, "online_cpus": 2},
        "memory_stats": {"usage": usage["memory"], "limit": (one.get("memory") or 512) << 20},
        "name": one.name, "id": one.docker_id,
    }


class Server:
    """Listens as soon as it is made, before any container is there. `faults`, a
    dictionary that may change at any time: delay (seconds before each answer), status
    and times (that many answers of that status first), truncate (bytes sent)."""

    def __init__(self, task, faults=None):
        self.task = task
        self.faults = dict(faults or {})
        self.lock = threading.Lock()
        self.requests = 0
        inside = task.network != "host"
        address = (network.METADATA, 80) if inside else ("127.0.0.1", 0)
        handler = type("Handler", (_Handler,), {"metadata": self})
        self.http = http.server.ThreadingHTTPServer(address, handler)
        self.http.daemon_threads = True
        port = "" if inside else f":{self.http.server_address[1]}"
        self.base = f"http://{address[0]}{port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def refusal(self):
        """The status of a planned fault that is still due, or None."""
        with self.lock:
            self.requests += 1
            if self.faults.get("times", 0) > 0:
                self.faults["times"] -= 1
                return self.faults["status"]
        return None

    def answer(self, path):
        """(status, document) for a path."""
        parts = urllib.parse.urlsplit(path).path.strip("/").split("/")
        task = self.task
        one = next((c for c in list(task.containers)
                    if len(parts) > 1 and c.endpoint_id == parts[1]), None)
        if parts[0] not in ("v3", "v4") or len(parts) < 2:
            return 404, None
        rest = "/".join(parts[2:])
        if one is None:
            what = "task" if rest.startswith("task") else "container"
            return 404, (f"V4 {what} metadata handler: unable to get {what} from request: "
                         f"no such endpoint ID: {parts[1]}")
        if rest == "":
            return 200, container_document(task, one)
        if rest in ("task", "taskWithTags"):
            return 200, task_document(task, tags=rest == "taskWithTags")
        if rest == "stats":
            return 200, stats_document(task, one)
        if rest == "task/stats":
            return 200, {c.docker_id: stats_document(task, c) for c in task.containers}
        return 404, None


class _Handler(http.server.BaseHTTPRequestHandler):
    metadata = None

    def do_GET(self):  # noqa: N802 (the library's name)
        server = self.metadata
        time.sleep(server.faults.get("delay", 0))
        status = server.refusal()
        if status == 429:
            return self._send(429, b"You have reached maximum request limit.", "text/plain")
        if status:
            return self._send(status, b'"out of order"', "application/json")
        status, document = server.answer(self.path)
        if document is None:
            return self._send(404, b"404 page not found\n", "text/plain")
        return self._send(status, json.dumps(document).encode(), "application/json")

    def _send(self, status, body, kind):
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:self.metadata.faults.get("truncate", len(body))])
        except ConnectionError:  # whoever asked was killed meanwhile
            self.close_connection = True

    def log_message(self, *_):
        pass
