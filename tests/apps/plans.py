# SPDX-License-Identifier: MIT
"""The plan for an app, the task definition that it makes, and what one would have made
of the files that are left at the end."""
import copy
import json
import os
import re
import stat
import subprocess

NAME = "app"
RUNTIME = re.compile(r"^/(?:inv|taskprobe|proc|sys|dev|etc/(?:hosts|hostname|resolv\.conf)|"
                     r"\.dockerenv)(?:/|$)")


class NoPlan(Exception):
    pass


def definition(app, user):
    """As it was before: a root that can be written to."""
    container = {"name": NAME, "image": "app", "essential": True, "command": app.command,
                 "environment": [{"name": k, "value": v}
                                 for k, v in app.environment.items()]}
    if user != "0":
        container["user"] = user
    if app.working_directory:
        container["workingDirectory"] = app.working_directory
    return {"family": app.name, "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"], "cpu": "1024",
            "memory": str(app.memory), "containerDefinitions": [container]}


def make(taskprobe, inventories, defined, directory):
    """What `taskprobe plan` says, read from its output."""
    file = os.path.join(directory, "definition.json")
    with open(file, "w", encoding="utf-8") as out:
        json.dump(defined, out, indent=1)
    words = ["--task-definition", file, "--container", NAME, "--launch-type", "FARGATE"]
    done = subprocess.run([taskprobe, "plan", *inventories, *words, "-f", "json"],
                          capture_output=True, check=False, stdin=subprocess.DEVNULL,
                          timeout=60)
    with open(os.path.join(directory, "plan.json"), "wb") as out:
        out.write(done.stdout)
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        words = done.stderr.decode(errors="replace")[-600:]
        raise NoPlan(f"plan ended with {done.returncode}: {words}") from error


def planned(defined, plan):
    """The task definition of the plan; made here from its mounts where it has none."""
    given = plan.get("task_definition")
    if given:
        if not given["containerDefinitions"][0].get("readonlyRootFilesystem"):
            raise NoPlan("its task definition has no read-only root")
        return copy.deepcopy(given)
    return with_mounts(defined, plan.get("mounts", []), plan.get("environment", []))


def with_mounts(defined, mounts, environment=()):
    made = copy.deepcopy(defined)
    container = made["containerDefinitions"][0]
    container["readonlyRootFilesystem"] = True
    container["environment"] = [
        *container["environment"],
        *({"name": e["name"], "value": e["value"]} for e in environment)]
    for number, mount in enumerate(mounts):
        if mount["kind"] == "tmpfs":
            tmpfs = container.setdefault("linuxParameters", {}).setdefault("tmpfs", [])
            tmpfs.append({"containerPath": mount["path"],
                          "size": mount.get("size_mib") or 64,
                          "mountOptions": _options(mount)})
        else:
            name = mount.get("volume") or f"volume-{number}"
            if name not in [v["name"] for v in made.setdefault("volumes", [])]:
                made["volumes"].append({"name": name})
            container.setdefault("mountPoints", []).append(
                {"sourceVolume": name, "containerPath": mount["path"]})
    return made


def _options(mount):
    options = list(mount.get("options", []))
    for key in ("uid", "gid", "mode"):
        value = mount.get(key, -1)
        if isinstance(value, int) and value >= 0 and key not in [
                o.partition("=")[0] for o in options]:
            options.append(f"{key}={value:o}" if key == "mode" else f"{key}={value}")
    return options


def entries(root, path):
    """How many entries the image has below a directory."""
    return sum(len(directories) + len(files)
               for _, directories, files in os.walk(os.path.join(root, path.lstrip("/"))))


def of_the_difference(upper):
    """Mounts for the directories of what is left in a container's own layer: what one
    does with `docker diff`. Each as its directory is: a generous reader."""
    found = set()
    for directory, _, files in os.walk(upper):
        inside = directory[len(upper):] or "/"
        if not RUNTIME.search(inside):
            found |= {inside for name in files
                      if not RUNTIME.search(os.path.join(inside, name))}
    outermost = {path for path in found
                 if not any(path != other and path.startswith(other.rstrip("/") + "/")
                            for other in found)}
    mounts = []
    for path in sorted(outermost):
        status = os.lstat(upper + path)
        mounts.append({"path": path, "kind": "tmpfs", "size_mib": 256, "uid": status.st_uid,
                       "gid": status.st_gid, "mode": stat.S_IMODE(status.st_mode)})
    return mounts
