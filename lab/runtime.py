# SPDX-License-Identifier: MIT
"""runc, and the processes and pipes that come of it."""
import json
import os
import selectors
import subprocess
import threading
import time


class Failed(Exception):
    """A container that could not be started, in runc's words."""


class Pump:
    """Reads the pipes that are the containers' stdout and stderr and writes them to
    files: NAME.stdout, NAME.stderr, and both in order of arrival in NAME.log."""

    def __init__(self, directory):
        self.directory = directory
        self.selector = selectors.DefaultSelector()
        self.open = {}
        self.lock = threading.Condition()
        os.makedirs(directory)
        self.wake_reader, self.wake_writer = os.pipe()
        self.selector.register(self.wake_reader, selectors.EVENT_READ, None)
        threading.Thread(target=self._run, daemon=True).start()

    def pipe(self, name, stream, uid):
        """The writing end, owned by the uid that the container starts with. The group
        stays root's, as under Docker: runc changes the owner alone."""
        reader, writer = os.pipe()
        os.fchown(writer, uid, -1)
        os.set_blocking(reader, False)
        files = [os.path.join(self.directory, f"{name}.{kind}") for kind in (stream, "log")]
        for file in files:
            with open(file, "ab"):
                pass
        with self.lock:
            self.open[name] = self.open.get(name, 0) + 1
            self.selector.register(reader, selectors.EVENT_READ, (name, files))
        os.write(self.wake_writer, b".")
        return writer

    def drained(self, name, seconds):
        """Waits until nobody can write any more. False after `seconds`."""
        with self.lock:
            return self.lock.wait_for(lambda: not self.open.get(name), seconds)

    def _run(self):
        while True:
            for key, _ in self.selector.select():
                data = os.read(key.fd, 65536)
                if key.data is not None:
                    self._take(key.fd, data, *key.data)

    def _take(self, descriptor, data, name, files):
        if data:
            for path in files:
                with open(path, "ab") as file:
                    file.write(data)
            return
        with self.lock:
            self.selector.unregister(descriptor)
            os.close(descriptor)
            self.open[name] -= 1
            self.lock.notify_all()


class Runtime:
    """runc with its state in `directory`. This process must be a subreaper: the
    containers' first processes become its children, and their ends are seen here."""

    def __init__(self, directory, pump):
        self.directory = directory
        self.pump = pump
        self.ended = threading.Condition()

    def _command(self, *words):
        return ["runc", "--root", f"{self.directory}/runc",
                "--log", f"{self.directory}/runc.log", *words]

    def _runc(self, words, stdout, stderr):
        done = subprocess.run(self._command(*words), stdin=subprocess.DEVNULL,
                              stdout=stdout, stderr=stderr, check=False)
        if done.returncode != 0:
            raise Failed(f"runc {words[0]}: " + self._last_words())

    def _last_words(self):
        try:
            with open(f"{self.directory}/runc.log", encoding="utf-8") as file:
                lines = [line for line in file if "level=error" in line]
            return lines[-1].partition('msg="')[2].rstrip('"\n') if lines else "no reason"
        except OSError:
            return "no reason"

    def create(self, container, config, start):
        """Creates it (and starts it). container.pid is known then."""
        bundle, name = container.directory, container.name
        with open(bundle + "/config.json", "w", encoding="utf-8") as file:
            json.dump(config, file)
        ends = [self.pump.pipe(name, stream, container.uid)
                for stream in ("stdout", "stderr")]
        words = ["run", "--detach"] if start else ["create"]
        try:
            self._runc([*words, "--bundle", bundle, "--pid-file", bundle + "/pid",
                        container.docker_id], *ends)
        finally:
            for end in ends:
                os.close(end)
        with open(bundle + "/pid", encoding="ascii") as file:
            container.pid = int(file.read())
        threading.Thread(target=self._wait, args=(container,), daemon=True).start()

    def start(self, container):
        self._runc(["start", container.docker_id], subprocess.DEVNULL, subprocess.DEVNULL)

    def _wait(self, container):
        try:
            _, status = os.waitpid(container.pid, 0)
            code = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            code = 255
        with self.ended:
            container.exit_status = code if code >= 0 else 128 - code
            container.finished = time.time()
            self.ended.notify_all()

    def wait(self, container, seconds=None):
        """Its exit status; None after `seconds`. Its last output is in the files."""
        with self.ended:
            self.ended.wait_for(lambda: container.exit_status is not None, seconds)
        if container.exit_status is not None:
            self.pump.drained(container.name, 2)
        return container.exit_status

    def execute(self, container, arguments, user=None, environment=(), detach=False,
                seconds=60):
        """Like ECS Exec: another process in the container. (status, output, errors),
        or its PID where detached."""
        pid_file = f"{container.directory}/exec-{time.monotonic_ns()}.pid"
        words = ["exec", "--pid-file", pid_file]
        if user is not None:
            words += ["--user", str(user)]
        for pair in environment:
            words += ["--env", pair]
        words += ["--detach"] if detach else []
        words += [container.docker_id, *arguments]
        if not detach:
            done = subprocess.run(self._command(*words), stdin=subprocess.DEVNULL,
                                  capture_output=True, check=False, timeout=seconds)
            return done.returncode, done.stdout, done.stderr
        self._runc(words, subprocess.DEVNULL, subprocess.DEVNULL)
        with open(pid_file, encoding="ascii") as file:
            pid = int(file.read())
        threading.Thread(target=_reap, args=(pid,), daemon=True).start()
        return pid


def _reap(pid):
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass
