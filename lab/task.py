# SPDX-License-Identifier: MIT
"""A local ECS task, for programs and for people.

    with Task(definition, flavour="fargate") as task:
        task.wait("app")
        print(task.logs("app"))

    python3 -m lab.task up DEFINITION.json --state DIR
    python3 -m lab.task down DIR

Everything that it starts is gone at the end of the block, also after an exception or
when this process is killed; what a killed keeper left, the next start removes.
"""
import argparse
import base64
import dataclasses
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from lab import leftovers

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class LabError(Exception):
    pass


class Task:
    """`tweaks`: {container: {binds, pids_limit, seccomp, cgroupns, ambient, environment,
    image, later}}; `images`: {reference: roots.Image}; `secrets`: {valueFrom:
    value}; `faults`: as metadata.Server; `network`: instead of the definition's."""

    def __init__(self, definition, state=None, flavour="ec2", tweaks=None, images=None,
                 secrets_values=None, faults=None, network=None, lifeline=True):
        self.state = state
        self.lifeline = lifeline
        self.process = None
        self.base = None
        self.keeper = None
        self.task_id = secrets.token_hex(16)
        plain = {name: dataclasses.asdict(image) for name, image in (images or {}).items()}
        self.request = {"definition": definition, "flavour": flavour,
                        "tweaks": tweaks or {}, "images": plain, "faults": faults,
                        "secrets": secrets_values or {}, "network": network,
                        "lifeline": lifeline, "task_id": self.task_id}

    def __enter__(self):
        return self.up()

    def __exit__(self, *_):
        self.down()

    def up(self):
        leftovers.clean()
        if self.state is None:
            self.state = tempfile.mkdtemp(prefix="taskprobe-lab-", dir="/var/tmp")
        self.state = os.path.abspath(self.state)
        if os.path.isdir(self.state) and os.listdir(self.state):
            raise LabError(f"{self.state} is not empty")
        os.makedirs(self.state, exist_ok=True)
        os.chmod(self.state, 0o711)
        self.request["state"] = self.state
        # A keeper that outlives this process must not hold on to its stderr.
        errors = None if self.lifeline else open(f"{self.state}/keeper.log", "wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab.keeper"], cwd=HERE, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
        if errors:
            errors.close()
        try:
            self.process.stdin.write(json.dumps(self.request).encode() + b"\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline() or
                                '{"up": false, "error": "the keeper died"}')
        except BaseException:
            self.down()
            raise
        if not answer["up"]:
            self.down()
            raise LabError(answer["error"])
        self.base, self.keeper = answer["base"], answer["keeper"]
        return self

    def down(self):
        if self.process is None:
            return
        self.process.stdin.close()
        try:
            if not self.lifeline:
                self.process.terminate()
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            leftovers.clean()
        self.process.stdout.close()
        self.process = None
        shutil.rmtree(self.state, ignore_errors=True)

    def status(self, name):
        """pid (the machine's), exit_status, docker_id, endpoint_id, uid, gid, root."""
        return ask(self.state, do="status")[name]

    def pid(self, name):
        return self.status(name)["pid"]

    def exit_status(self, name):
        """None while it runs; 128 and the signal's number where one ended it."""
        return self.status(name)["exit_status"]

    def root(self, name):
        """Its root file system, without what is mounted on it, as the machine sees it."""
        return self.status(name)["root"]

    def start(self, name):
        """Starts a container whose tweaks say `later`."""
        ask(self.state, do="start", name=name)

    def wait(self, name, seconds=60):
        status = ask(self.state, do="wait", name=name, seconds=seconds)
        if status is None:
            raise TimeoutError(f"{name} still runs after {seconds} s: {self.logs(name)}")
        return status

    def _output(self, name, kind):
        with open(f"{self.state}/logs/{name}.{kind}", encoding="utf-8",
                  errors="surrogateescape") as file:
            return file.read()

    def logs(self, name):
        """What it wrote to stdout and stderr so far."""
        return self._output(name, "log")

    def stdout(self, name):
        return self._output(name, "stdout")

    def stderr(self, name):
        return self._output(name, "stderr")

    def kill(self, name, number=signal.SIGTERM):
        ask(self.state, do="kill", name=name, number=int(number))

    def exec(self, name, arguments, user=None, environment=(), seconds=60):
        """(status, output, errors) of another process in the container."""
        status, output, errors = ask(
            self.state, do="exec", name=name, arguments=list(arguments), user=user,
            environment=list(environment), seconds=seconds)
        return status, _text(output), _text(errors)

    def exec_detached(self, name, arguments, user=None, environment=()):
        """Starts another process in the container. Its PID on the machine."""
        return ask(self.state, do="exec", name=name, arguments=list(arguments),
                   user=user, environment=list(environment), detach=True)

    def faults(self, **faults):
        """Replaces the metadata server's faults."""
        ask(self.state, do="faults", faults=faults)

    def requests(self):
        """How many requests the metadata server has had."""
        return ask(self.state, do="requests")


def _text(encoded):
    return base64.b64decode(encoded).decode("utf-8", "surrogateescape")


def ask(state, **request):
    """One question to the keeper of the task in `state`."""
    directory = os.open(state, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(f"/proc/self/fd/{directory}/control")
        except OSError as error:
            raise LabError(f"no task in {state}: {error.strerror}") from error
        finally:
            os.close(directory)
        with connection.makefile("rwb") as file:
            file.write(json.dumps(request).encode() + b"\n")
            file.flush()
            answer = json.loads(file.readline() or '{"error": "the keeper is gone"}')
    if "error" in answer:
        raise LabError(answer["error"])
    return answer["value"]


def _tweaks(binds):
    """NAME=HOSTPATH:/path[:ro] of the command line."""
    tweaks = {}
    for bind in binds:
        name, _, rest = bind.partition("=")
        source, path, *mode = rest.split(":")
        entry = tweaks.setdefault(name, {"binds": []})
        entry["binds"].append([os.path.abspath(source), path, mode[0] if mode else "rw"])
    return tweaks


def _up(options):
    with open(options.definition, encoding="utf-8") as file:
        definition = json.load(file)
    task = Task(definition, state=options.state, flavour=options.flavour,
                tweaks=_tweaks(options.bind), network=options.network, lifeline=False)
    task.up()
    for name, status in ask(task.state, do="status").items():
        print(f"{name}\t{status['pid']}\t{status['docker_id']}")
    return 0


def _down(options):
    ask(options.state, do="down")
    return 0


def _exec(options):
    status, output, errors = ask(options.state, do="exec", name=options.name,
                                 arguments=options.command, user=options.user)
    sys.stdout.write(_text(output))
    sys.stderr.write(_text(errors))
    return status


def _logs(options):
    with open(f"{options.state}/logs/{options.name}.log", "rb") as file:
        sys.stdout.buffer.write(file.read())
    return 0


def _clean(_):
    for task_id in leftovers.clean():
        print(f"removed what was left of task {task_id}")
    return 0


def main():
    parser = argparse.ArgumentParser(prog="python3 -m lab.task", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    up = verbs.add_parser("up", help="start a task")
    up.add_argument("definition")
    up.add_argument("--state", required=True, help="a new directory for its things")
    up.add_argument("--flavour", choices=("ec2", "fargate"), default="ec2")
    up.add_argument("--network", choices=("awsvpc", "bridge", "host", "none"))
    up.add_argument("--bind", action="append", default=[], metavar="NAME=HOST:/PATH[:ro]")
    up.set_defaults(run=_up)
    down = verbs.add_parser("down", help="end it and remove all of it")
    down.set_defaults(run=_down)
    run = verbs.add_parser("exec", help="run a command in a container")
    logs = verbs.add_parser("logs", help="what a container has written")
    for verb in (down, run, logs):
        verb.add_argument("state")
    for verb in (run, logs):
        verb.add_argument("name")
    run.add_argument("--user")
    run.add_argument("command", nargs=argparse.REMAINDER)
    run.set_defaults(run=_exec)
    logs.set_defaults(run=_logs)
    verbs.add_parser("clean", help="remove what killed tasks left").set_defaults(run=_clean)
    options = parser.parse_args()
    try:
        return options.run(options)
    except (LabError, OSError, ValueError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
