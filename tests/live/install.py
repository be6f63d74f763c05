#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A task definition wrapped by `install --wrap` runs: in an image with nothing but the
app, one with glibc and no shell, one with musl, and a whole Debian; as root and as
another uid; with the image's ENTRYPOINT and CMD, or the definition's own."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import harness
from lab import roots
from lab.task import LabError, Task

STATUS = 7
NEVER = 60


def compile_writer(place, name, compiler, *flags):
    path = f"{place}/{name}"
    subprocess.run([*compiler, "-O1", "-o", path, *flags,
                    harness.TOP + "/tests/tools/writer.c"], check=True)
    return path


def image(place, name, program, libraries=()):
    layer = f"{place}/image-{name}"
    files = {"app": roots.File(copy=program, mode=0o755),
             "data": roots.File(directory=True, mode=0o777)}
    for path in libraries:
        files[path] = roots.File(copy=path, mode=0o755)
    for path, file in files.items():
        file.write(f"{layer}/{path.lstrip('/')}")
    return roots.Image(name, [layer])


def images(place):
    """{name: image}: the app at /app in each."""
    static = compile_writer(place, "static", ["musl-gcc"], "-static")
    glibc = compile_writer(place, "glibc", ["gcc"])
    musl = compile_writer(place, "musl", ["musl-gcc"])
    loader = [f"/lib/ld-musl-{os.uname().machine}.so.1"]
    debian = roots.debian().with_files(place + "/image-debian", {
        "app": roots.File(copy=glibc, mode=0o755),
        "data": roots.File(directory=True, mode=0o777)})
    found = {"scratch": image(place, "scratch", static),
             "distroless": image(place, "distroless", glibc, roots.libraries(glibc)),
             "debian": debian}
    real = os.path.realpath(loader[0])
    layer = f"{place}/image-musl"
    roots.File(copy=real, mode=0o755).write(layer + loader[0])
    found["musl"] = image(place, "musl", musl)
    return found


# What the image says, what the definition says, what then has to be started.
COMMANDS = [
    ({"Entrypoint": ["/app", "from image"], "Cmd": ["cmd"]}, {},
     ["/app", "from image", "cmd"]),
    ({"Entrypoint": ["/app"], "Cmd": ["lost"]}, {"command": ["own", "words"]},
     ["/app", "own", "words"]),
    ({"Entrypoint": ["/lost"], "Cmd": ["lost"]}, {"entryPoint": ["/app", "own"]},
     ["/app", "own"]),
    ({"Cmd": ["/app", "cmd alone"]}, {}, ["/app", "cmd alone"]),
]


class Round:
    def __init__(self, place, taskprobe, tally):
        self.place, self.taskprobe, self.tally = place, taskprobe, tally
        self.number = 0

    def file(self, name, document):
        path = f"{self.place}/{self.number}-{name}.json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)
        return path

    def wrap(self, definition, config, *more):
        """The wrapped definition, after the way back was found to be exact."""
        self.number += 1
        given = self.file("given", definition)
        described = self.file("image", [{"Id": "sha256:0", "Config": config}])
        wrapped = f"{self.place}/{self.number}-wrapped.json"
        subprocess.run([self.taskprobe, "install", "--wrap", given, "--container", "app",
                        "--image-config", described, "--image", "taskprobe", "-o", wrapped,
                        *more], check=True)
        back = subprocess.run([self.taskprobe, "install", "--unwrap", wrapped,
                               "--container", "app"], check=True, capture_output=True)
        self.tally.check("the way back gives the definition as it was",
                         json.loads(back.stdout), definition)
        with open(wrapped, encoding="utf-8") as file:
            return json.load(file)

    def run(self, claim, app, config, more, user, how=()):
        container = {"name": "app", "image": "app-image", "essential": True,
                     "environment": [{"name": "WRITES", "value": "/data/new"},
                                     {"name": "STATUS", "value": str(STATUS)}], **more}
        if user:
            container["user"] = user
        definition = {"family": "wrapped", "containerDefinitions": [container]}
        wrapped = self.wrap(definition, config, *how)
        known = {"app-image": app.with_config(**config),
                 "taskprobe": roots.binary(self.taskprobe)}
        with Task(wrapped, images=known) as task:
            status = task.wait("app", NEVER)
            data = f"{task.state}/volumes/taskprobe/_data"
            records = self.records(data, "facts/app.json" if how else
                                   "inventory/app.jsonl")
            return status, task.stdout("app").splitlines(), records

    @staticmethod
    def records(data, name):
        try:
            with open(f"{data}/{name}", encoding="utf-8") as file:
                return [json.load(file)] if name.endswith(".json") else \
                    [json.loads(line) for line in file]
        except FileNotFoundError:
            return []

    def traced(self, name, app, config, more, words, user):
        claim = f"{name} as {user or 'root'}: {' '.join(words)}"
        status, out, records = self.run(claim, app, config, more, user)
        self.tally.check(f"{claim}: status", status, STATUS)
        self.tally.check(f"{claim}: arguments", out, words)
        self.tally.check(f"{claim}: records", [r["record"] for r in records][:1], ["run"])
        self.tally.check(f"{claim}: end", [r["record"] for r in records][-1:], ["end"])
        made = [r for r in records if r.get("path") == "/data/new" and
                r["record"] == "path"]
        self.tally.check(f"{claim}: path", len(made) >= 1, True)

    def probed(self, name, app):
        config = {"Entrypoint": ["/app"], "Cmd": ["x"]}
        status, out, facts = self.run(name, app, config, {}, None, ("--probe",))
        self.tally.check(f"{name} under probe: status", status, STATUS)
        self.tally.check(f"{name} under probe: arguments", out, ["/app", "x"])
        self.tally.check(f"{name} under probe: facts", [f["schema"] for f in facts],
                         ["taskprobe.facts/1"])


def main():
    harness.need_root()
    taskprobe = harness.taskprobe()
    if roots.libraries(taskprobe):
        harness.skip(f"{taskprobe} needs libraries, which other images lack: run live.image "
                     "before it, or set TASKPROBE to a static build")
    tally = harness.Tally("-v" in sys.argv)
    before = harness.machine()
    place = tempfile.mkdtemp(prefix="taskprobe-install-", dir="/var/tmp")
    os.chmod(place, 0o755)
    try:
        a_round = Round(place, taskprobe, tally)
        for name, app in images(place).items():
            for config, more, words in COMMANDS:
                for user in (None, "1000"):
                    try:
                        a_round.traced(name, app, config, more, words, user)
                    except (LabError, OSError, ValueError, subprocess.SubprocessError):
                        tally.crashed(f"{name}: {words}")
            a_round.probed(name, app)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    tally.check("nothing is left behind", harness.left_behind(before), [])
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
