# SPDX-License-Identifier: MIT
"""Fork bombs up to a limit: with two more for us, the app gets just as many processes as
without us; and then all of it ends."""
import contextlib
import os
import time

from soak import kills
from soak import stage as stages

OURS = 2  # the standby and the supervisor


@contextlib.contextmanager
def by_uid(limit):
    """What stands before the command; RLIMIT_NPROC, which root does not have."""
    yield ["/usr/bin/prlimit", f"--nproc={limit}", "/usr/bin/setpriv",
           f"--reuid={stages.NOBODY}", f"--regid={stages.NOBODY}", "--clear-groups"]


def group():
    """A new control group that limits processes, or None."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        places = [line.split()[4] for line in file
                  if " - cgroup2 " in line or (" - cgroup " in line and ",pids" in
                                               "," + line.split()[-1])]
    for place in places:
        path = f"{place}/taskprobe-soak-{os.getpid()}"
        try:
            os.mkdir(path)
            if os.path.exists(path + "/pids.max"):
                return path
            os.rmdir(path)
        except OSError:
            pass
    return None


@contextlib.contextmanager
def by_group(limit):
    """As a container is limited, root too."""
    path = group()
    if not path:
        yield None
        return
    try:
        with open(path + "/pids.max", "w", encoding="ascii") as file:
            file.write(str(limit))
        yield ["/bin/sh", "-c", f"echo $$ >{path}/cgroup.procs && exec \"$@\"", "sh"]
    finally:
        end = time.monotonic() + 10
        while os.path.isdir(path) and time.monotonic() < end:
            try:
                os.rmdir(path)
            except OSError:
                time.sleep(0.01)


def explode(stage, limited, limit, prefix, command):
    """(output, errors, status, what is left), or None where there is no such limit."""
    with limited(limit) as before:
        if before is None:
            return None
        return stage.finish(stage.start([*before, *prefix, *command] if limited is by_group
                                        else [*prefix, *before, *command]))


def soak(tally, stage, limits):
    for limited in (by_uid, by_group):
        name = limited.__name__[3:]
        for limit in limits:
            native = explode(stage, limited, limit, [], [stage.app, "bomb", stage.new()[0]])
            if native is None:
                print("  bomb    no control group that limits processes can be made here")
                break
            for mode in kills.MODES:
                against(tally, stage, (limited, name, limit, mode), native)
            print(f"  bomb    at most {limit} of a {name}: {native[0].split()[1:]}, natively "
                  "and traced")


def against(tally, stage, how, native):
    limited, name, limit, mode = how
    prefix, options = kills.MODES[mode]
    directory, _ = stage.new()
    out = directory + "/inventory"
    # In a group unshare is one more.
    ours = OURS + (limited is by_group and bool(prefix))
    got = explode(stage, limited, limit + ours, prefix,
                  stage.traced(out, stage.app, "bomb", directory, options=options))
    claim = f"a bomb of {limit} of a {name} ({mode})"
    if not tally.check(claim, (got[0], got[2], got[3]), (native[0], native[2], native[3])):
        print(got[1][-500:])
    tally.check(f"{claim}: the inventory", stage.inventory(out, True), None)
