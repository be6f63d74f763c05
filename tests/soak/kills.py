# SPDX-License-Identifier: MIT
"""SIGKILL at random moments of the app, the supervisor and the standby, as PID 1 and
not: nothing hangs, nothing is left, the inventory reads; and an app whose supervisor was
killed ends with right results."""
import collections
import os
import signal
import time

from soak import stage as stages

# How far behind the process we start: unshare is one more.
MODES = {"plain": ([], []), "init": (stages.UNSHARE, []),
         "pid1": (stages.UNSHARE, ["--pid1"])}
# As PID 1 itself the app has no standby.
TARGETS = {"plain": ("app", "supervisor", "standby"),
           "init": ("app", "supervisor", "standby"), "pid1": ("app", "supervisor")}
STARTING = 0.3  # the share of moments that come before the app says that it runs
RUNNING = 0.25  # seconds


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def line_of(process, mode):
    """{"standby", "supervisor", "app"}: those that are there by now."""
    first = process.pid
    if mode != "plain":
        first = (stages.children(first) or [None])[0]
    if first is None or (mode != "plain" and name_of(first) == "unshare"):
        return {}
    below = stages.children(first)
    if mode == "pid1":
        found = {"app": first}
        found.update({"supervisor": p for p in below if name_of(p) == "tp-supervisor"})
        return found
    if not below:
        return {"standby": first}
    found = {"standby": first, "supervisor": below[0]}
    found.update({"app": p for p in stages.children(below[0])[:1]})
    return found


def find(process, mode, target):
    """Its PID, or None where all is over."""
    end = time.monotonic() + stages.HANG
    while process.poll() is None and time.monotonic() < end:
        pid = line_of(process, mode).get(target)
        if pid:
            return pid
    return None


def kill(process, mode, target, wait):
    """True: it was there."""
    pid = find(process, mode, target)
    time.sleep(wait)
    if pid is None or process.poll() is not None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def app_of(stage, directory, target):
    """The supervisor's death must change nothing: so its app knows all answers."""
    if target == "supervisor" or stage.random.random() < 0.5:
        threads = stage.random.choice((1, 2, 4, 8))
        return [stage.app, "calls", directory, str(threads), str(stage.random.choice(
            (500, 3000, 10000)))]
    return [stage.app, "storm", directory, str(stage.random.choice((2, 8, 32))),
            str(stage.random.randrange(20, 300))]


def expected(target, mode, word, killed, begun):
    """The statuses that there may be."""
    own = 0 if word == "calls" else 21
    # Of unshare 1: SIGKILL is no signal that it can hand on.
    dead = {-signal.SIGKILL} if mode == "plain" else {1, 128 + signal.SIGKILL}
    if not killed:
        return {own}
    if target == "supervisor":
        return {own} if begun else {own, 125}
    return dead | {own}


def once(stage, target, mode):
    """(was it killed, what is wrong)"""
    prefix, options = MODES[mode]
    directory, out = stage.new()
    app = app_of(stage, directory, target)
    process = stage.start([*prefix, *stage.traced(out, *app, options=options)])
    begun = False
    if stage.random.random() < STARTING:
        wait = stage.random.uniform(0, 0.02)
    else:
        begun = process.stdout.readline() == b"ready\n"
        wait = stage.random.uniform(0, RUNNING)
    killed = kill(process, mode, target, wait)
    output, errors, status, left = stage.finish(process)
    begun |= "ready" in output or "wrong" in output
    wrong = []
    if status not in expected(target, mode, app[1], killed, begun):
        wrong.append(f"status {status}")
    if left:
        wrong.append(f"left: {left}")
    if app[1] == "calls" and status == 0 and "wrong 0" not in output:
        wrong.append(f"output {output!r}")
    unreadable = stage.inventory(out, begun)
    if unreadable:
        wrong.append(f"inventory: {unreadable}")
    if wrong:
        wrong.append(f"{' '.join(app)}, after {wait:.4f} s, begun {begun}: {errors[-300:]!r}")
    return killed, wrong


def soak(tally, stage, count):
    done = collections.Counter()
    for i in range(count):
        mode = list(MODES)[i % len(MODES)]
        target = stage.random.choice(TARGETS[mode])
        killed, wrong = once(stage, target, mode)
        done[f"{mode}: {target}" + ("" if killed else ", which had ended")] += 1
        tally.check(f"kill {i} of the {target} ({mode})", wrong, [])
    for what, times in sorted(done.items()):
        print(f"  killed  {what:40} {times:5}")
