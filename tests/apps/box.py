# SPDX-License-Identifier: MIT
"""A running container of an app, as a smoke test sees it; and what an app is."""
import dataclasses
import signal
import time

SECONDS = 90


class Failed(Exception):
    """The smoke test did not pass."""


@dataclasses.dataclass
class App:
    """`users`: {user: what is done to the image as root to make it run as that}. `smoke`
    gets a Box and how many times the data; `more` what the trace has not seen."""
    name: str
    packages: list
    command: list
    smoke: object
    users: dict = dataclasses.field(default_factory=lambda: {"0": ""})
    files: dict = dataclasses.field(default_factory=dict)
    environment: dict = dataclasses.field(default_factory=dict)
    more: object = None
    before: str = ""
    setup: str = ""
    stop: int = signal.SIGTERM
    statuses: tuple = (0, 128 + signal.SIGTERM)  # after that signal
    memory: int = 2048
    working_directory: str = ""
    init: bool = False  # it waits for all children, and as PID 1 would adopt strace


class Box:
    def __init__(self, task, name, app, patience=60):
        self.task, self.name, self.app, self.patience = task, name, app, patience

    def logs(self):
        return self.task.logs(self.name)

    def try_sh(self, text, user=None):
        return self.task.exec(self.name, ["sh", "-c", text], user=user, seconds=SECONDS,
                              environment=["HOME=/nonexistent", "PYTHONDONTWRITEBYTECODE=1"])

    def sh(self, text, user=None):
        """The output of a command in the container, as root unless told."""
        status, output, errors = self.try_sh(text, user or "0")
        if status != 0:
            raise Failed(f"{text!r} ended with {status}: {(output + errors)[-600:]}")
        return output

    def want(self, text, expected, user=None):
        """The output has to hold `expected`."""
        output = self.sh(text, user)
        if str(expected) not in output:
            raise Failed(f"{text!r}: {expected!r} is not in {output[-600:]!r}")
        return output

    def until(self, text, user=None, seconds=0):
        """Waits until the command succeeds, or the container has ended."""
        end = time.monotonic() + max(seconds, self.patience)
        while True:
            status = self.task.exit_status(self.name)
            if status is not None:
                raise Failed(f"it ended with {status}: {self.logs()[-1500:]}")
            done, output, errors = self.try_sh(text, user or "0")
            if done == 0:
                return output
            if time.monotonic() > end:
                raise Failed(f"{text!r} does not succeed: {(output + errors)[-600:]}; "
                             f"it said: {self.logs()[-900:]}")
            time.sleep(0.1)

    def send(self, number):
        self.task.kill(self.name, number)

    def ends(self):
        """It is told to stop, and does in time."""
        self.send(self.app.stop)
        status = self.task.wait(self.name, 60)
        if status not in (*self.app.statuses, 128 + self.app.stop):
            raise Failed(f"it ended with {status}: {self.logs()[-1500:]}")
