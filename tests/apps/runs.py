# SPDX-License-Identifier: MIT
"""The runs of an app: traced, watched by strace, and with a plan's mounts under a
read-only root."""
import copy
import os
import sys
import time
import traceback

from apps import box, failures, plans
from lab.task import LabError, Task

AGAIN = "again"  # the container that comes after a restart, with the same volumes
TRACE = ["/taskprobe", "trace", "-o"]
TEN = 10
# In front of an app that must not be PID 1; it hands signals on.
INIT = ["/usr/bin/python3", "-c", """
import os, signal, sys
app = os.fork()
if app == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, lambda number, _: os.kill(app, number))
while True:
    pid, status = os.wait()
    if pid == app:
        code = os.waitstatus_to_exitcode(status)
        sys.exit(code if code >= 0 else 128 - code)
"""]


class Run:
    """What came of one: `problem` is None where the smoke test passed."""

    def __init__(self, directory, name):
        self.out = os.path.join(directory, name)
        os.makedirs(self.out)
        os.chmod(self.out, 0o777)
        self.problem, self.failures, self.later = None, {}, None
        self.upper_mounts, self.hidden, self.carried = [], {}, 0
        self.seconds = 0
        self.refused = None  # what `look` has found before the container was gone
        self.sys_ptrace = False

    def guarded(self, step, *arguments):
        """True where it passed; the first problem is kept."""
        try:
            step(*arguments)
            return True
        except (box.Failed, LabError, OSError, TimeoutError) as error:
            self.problem = self.problem or str(error)
        except Exception:  # of a smoke test: said, and what was started is ended
            self.problem = self.problem or traceback.format_exc()
        return False


def _definition(app, defined, tool, log):
    """The same with the tool in front of the command, and a second container for after
    a restart, which only volumes outlive."""
    made = copy.deepcopy(defined)
    first = made["containerDefinitions"][0]
    if tool is failures.COMMAND:  # it cannot read the links of other uids without
        capabilities = first.setdefault("linuxParameters", {}).setdefault("capabilities", {})
        capabilities["add"] = ["SYS_PTRACE"]
    second = copy.deepcopy(first)
    second["name"] = AGAIN
    for container in (first, second):
        command = container["command"]
        before = INIT if app.init and tool is not TRACE else []
        container["command"] = [*before, *tool, f"/inv/{log}-{container['name']}",
                                *(["--"] if tool is TRACE else []), *command]
    made["containerDefinitions"].append(second)
    return made


def start(app, image, defined, run, tool, log):
    bind = {"binds": [[run.out, "/inv", "rw"]]}
    return Task(_definition(app, defined, tool, log), images={"app": image}, flavour="fargate",
                network="none", tweaks={plans.NAME: bind, AGAIN: {**bind, "later": True}})


def _all(app, one):
    app.smoke(one, 1)
    if app.more:
        app.more(one)
    app.smoke(one, TEN)


def traced(app, image, defined, directory):
    """What the plan is made from: the smoke test, and a clean end."""
    run = Run(directory, "traced")
    with start(app, image, defined, run, TRACE, "inventory") as task:
        one = box.Box(task, plans.NAME, app)
        if run.guarded(app.smoke, one, 1):
            run.guarded(one.ends)
        run.upper_mounts = plans.of_the_difference(task.status(plans.NAME)["upper"])
        write_log(run, task, plans.NAME)
    return run


def writable(app, image, defined, directory, number):
    """What fails without a read-only root too."""
    run = Run(directory, f"writable-{number}")
    began = time.monotonic()
    with start(app, image, defined, run, failures.COMMAND, "strace") as task:
        one = box.Box(task, plans.NAME, app)
        if run.guarded(_all, app, one):
            run.guarded(one.ends)
        write_log(run, task, plans.NAME)
    run.seconds = time.monotonic() - began
    run.failures = failures.read(f"{run.out}/strace-{plans.NAME}")
    return run


def readonly(app, image, defined, directory, name, mounts, look=None, patience=60):
    """The smoke test under a read-only root; then, apart, what the trace has not seen:
    a restart in place, a reload, ten times the data. `look` is called in between. `patience`: how many
    seconds something that may never come is waited for."""
    run = Run(directory, name)
    try:
        with start(app, image, defined, run, failures.COMMAND, "strace") as task:
            _readonly(box.Box(task, plans.NAME, app, patience), run, mounts, look)
    except LabError as error:
        run.problem = run.problem or f"it does not start: {error}"
    for which, log in ((run, plans.NAME), (run.later, AGAIN)):
        if which and os.path.exists(f"{run.out}/strace-{log}"):
            which.failures = failures.read(f"{run.out}/strace-{log}")
    return run


def _readonly(one, run, mounts, look):
    app, task = one.app, one.task
    for mount in mounts:
        count = plans.entries(task.root(plans.NAME), mount["path"])
        if mount.get("carries_image_content"):
            run.carried += count
        elif count:
            run.hidden[mount["path"]] = count
    passed = run.guarded(app.smoke, one, 1) and run.guarded(one.ends)
    write_log(run, task, plans.NAME)
    if look:
        run.refused = look(run, task.root(plans.NAME))
    if not passed:
        return
    run.later = Run(run.out, "later")
    task.start(AGAIN)
    two = box.Box(task, AGAIN, app)
    if run.later.guarded(_all, app, two):
        run.later.guarded(two.ends)
    write_log(run, task, AGAIN)


def write_log(run, task, name):
    try:
        with open(f"{run.out}/{name}.log", "w", encoding="utf-8",
                  errors="surrogateescape") as file:
            file.write(task.logs(name))
    except OSError as error:
        print(f"apps: {error}", file=sys.stderr)
