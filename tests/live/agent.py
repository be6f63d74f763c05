#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The sidecar's life in a container: idle, healthy, stuck, gone; and probe --exec."""
import os
import signal
import sys
import time

import harness
from lab import roots
from lab.task import Task

HEALTH = ["/taskprobe", "health"]


def definition(*containers):
    return {"family": "life", "revision": 1, "networkMode": "awsvpc",
            "volumes": [{"name": "out"}], "containerDefinitions": list(containers)}


def await_report(task, name):
    end = time.monotonic() + 60
    while "What could not be looked at" not in task.stdout(name):
        if time.monotonic() > end or task.exit_status(name) is not None:
            raise TimeoutError(task.logs(name))
        time.sleep(0.02)


def test_health(tally, image):
    """As any user, on a read-only root, without a port; another's agent does not count."""
    side = {"image": "taskprobe", "readonlyRootFilesystem": True,
            "linuxParameters": {"capabilities": {"drop": ["ALL"]}}}
    wanted = definition(
        {"name": "agent", "user": "65532", "command": ["agent", "--wait=0"], **side},
        {"name": "other", "user": "0", "command": ["agent", "--wait=0", "--once"], **side})
    with Task(wanted, images={"taskprobe": image}) as task:
        await_report(task, "agent")
        for user in "65532", "0", "1000":
            status, text, _ = task.exec("agent", HEALTH, user=user)
            tally.check(f"health as uid {user}", (status, "alive" in text), (0, True))
        tally.check("--once ends with a status of the report", task.wait("other") in (0, 1), True)
        os.kill(task.pid("agent"), signal.SIGSTOP)
        tally.check("a stopped agent keeps its promise for a while",
                    task.exec("agent", HEALTH)[0], 0)
        os.kill(task.pid("agent"), signal.SIGCONT)
        task.kill("agent", signal.SIGTERM)
        tally.check("SIGTERM ends it cleanly", task.wait("agent"), 0)


def test_no_agent(tally, image):
    with Task(definition({"name": "exec", "image": "taskprobe", "command": [
            "probe", "--exec", "--", "/taskprobe", "health"]}),
              images={"taskprobe": image}) as task:
        tally.check("without an agent health fails", task.wait("exec"), 1)


def test_exec(tally, program):
    """The app that a probe becomes: same PID, nothing left open, its own status."""
    busybox = roots.busybox()
    image = roots.Image("app", program.layers + busybox.layers, busybox.config)
    # By the shell alone: a pipeline of its own would be among them now and then.
    script = "echo pid $$ /proc/$$/fd/*; exit 7"
    options = ["--instance-metadata", "-o", "/out/facts.json", "--self", "app"]
    app = {"name": "app", "image": "app", "readonlyRootFilesystem": True,
           "mountPoints": [{"sourceVolume": "out", "containerPath": "/out"}],
           "entryPoint": ["/taskprobe", "probe", "--exec", *options, "--"],
           "command": ["sh", "-c", script]}
    plain = {"name": "plain", "image": "app", "command": ["sh", "-c", script]}
    none = {"name": "none", "image": "app", "command": [
        "/taskprobe", "probe", "--exec", "-o", "/no/such/directory", "--", "/no/such/app"]}
    with Task(definition(app, plain, none), images={"app": image}) as task:
        tally.check("its status is handed on", task.wait("app"), 7)
        tally.check("no such app", task.wait("none"), 127)
        task.wait("plain")
        tally.check("the same PID and descriptors as without",
                    task.stdout("app"), task.stdout("plain"))


def main():
    harness.need_root()
    tally = harness.Tally("-v" in sys.argv)
    before = harness.machine()
    image = roots.binary(harness.taskprobe(), user="0")
    harness.each(tally, (test_health, test_no_agent, test_exec), image)
    tally.check("the machine is as before", harness.left_behind(before), [])
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
