# SPDX-License-Identifier: MIT
"""The process that holds a task: its mounts, its network, its containers' pipes and
ends. One per task, started by lab.task, which talks to it through a socket in the
state directory: one JSON object each way per connection.

It reads its request from stdin. With "lifeline" it takes the end of stdin for the end
of its user and cleans up; SIGTERM, SIGINT and SIGHUP do the same.
"""
import base64
import json
import os
import shutil
import signal
import socket
import sys
import threading
import traceback

from lab import kept, leftovers, linux


class Keeper:
    def __init__(self, request):
        self.request = request
        self.task = kept.KeptTask(request)
        self.over = threading.Event()
        self.listener = None
        self.note_descriptor = None

    def note(self):
        processes = [(one.pid, linux.start_ticks(one.pid))
                     for one in self.task.containers if one.pid]
        return {"state": self.task.state, "processes": processes}

    def listen(self):
        """Bound by a short name: a socket's path has room for 107 bytes only."""
        state = os.open(self.task.state, os.O_PATH | os.O_CLOEXEC)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"/proc/self/fd/{state}/control")
        self.listener.listen(64)
        os.close(state)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rwb") as file:
            try:
                request = json.loads(file.readline())
                operation = getattr(self, "do_" + request.pop("do"))
                answer = {"value": operation(**request)}
            except Exception as error:  # told to whoever asked
                answer = {"error": f"{type(error).__name__}: {error}"}
            try:
                file.write(json.dumps(answer).encode() + b"\n")
                file.flush()
            except OSError:
                pass

    # Operations, by name.

    def do_status(self):
        return {one.name: {"pid": one.pid, "exit_status": one.exit_status,
                           "docker_id": one.docker_id, "endpoint_id": one.endpoint_id,
                           "uid": one.uid, "gid": one.gid, "cgroup": one.cgroup,
                           "root": f"/proc/{os.getpid()}/root{one.root}",
                           "upper": f"/proc/{os.getpid()}/root{one.upper}"}
                for one in self.task.containers}

    def do_wait(self, name, seconds=None):
        return self.task.runtime.wait(self.task.find(name), seconds)

    def do_start(self, name):
        self.task.start_container(name)
        leftovers.write_note(self.note_descriptor, self.note())

    def do_kill(self, name, number):
        one = self.task.find(name)
        if one.exit_status is None:
            os.kill(one.pid, number)

    def do_exec(self, name, arguments, user=None, environment=(), detach=False,
                seconds=60):
        done = self.task.runtime.execute(self.task.find(name), arguments, user,
                                         environment, detach, seconds)
        if detach:
            return done
        status, output, errors = done
        return [status, base64.b64encode(output).decode(),
                base64.b64encode(errors).decode()]

    def do_faults(self, faults):
        self.task.server.faults.clear()
        self.task.server.faults.update(faults)

    def do_requests(self):
        return self.task.server.requests

    def do_down(self):
        self.over.set()


def watch_stdin(over):
    while os.read(0, 4096):
        pass
    over.set()


def serve(request, say):
    """Starts the task, says so, holds it until it is over, and cleans up whatever
    happened."""
    keeper = Keeper(request)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: keeper.over.set())
    note = keeper.note_descriptor = leftovers.open_note(request["task_id"], keeper.note())
    try:
        keeper.task.start()
        leftovers.write_note(note, keeper.note())
        keeper.listen()
        say({"up": True, "keeper": os.getpid(), "base": keeper.task.server.base})
        if request.get("lifeline"):
            threading.Thread(target=watch_stdin, args=(keeper.over,), daemon=True).start()
        keeper.over.wait()
    finally:
        try:
            keeper.task.stop()
        finally:
            shutil.rmtree(request["state"] + "/volumes", ignore_errors=True)
            if os.path.ismount(keeper.task.work):
                linux.umount(keeper.task.work)
            shutil.rmtree(request["state"], ignore_errors=True)
            leftovers.remove_note(request["task_id"])


def main():
    request = json.loads(sys.stdin.buffer.readline())

    def say(answer):
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    try:
        serve(request, say)
    except Exception as error:
        if os.environ.get("TASKPROBE_LAB_DEBUG"):
            traceback.print_exc()
        say({"up": False, "error": f"{error}"})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
