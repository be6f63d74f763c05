# SPDX-License-Identifier: MIT
"""An app rehearsed: what `taskprobe rehearse` refuses in a container that can be written
to is what the kernel refuses under a real read-only root, with the plan and without."""
import copy
import json
import os
import shutil

from apps import box, failures, plans, runs
from lab import linux
from lab.task import Task

LISTED = {"EROFS", "EXDEV"}
# Calls that mean what a link leads to (openat and the *at with flags may not).
FOLLOWS = {"access", "faccessat", "faccessat2", "open", "creat", "truncate", "chmod"}


def of_the_kernel(run, root):
    """{(errno, paths)} of what strace saw refused, with links on the way followed."""
    found = set()
    for call, paths, error in failures.read(f"{run.out}/strace-{plans.NAME}", raw=True):
        if error in LISTED:
            found.add((error, tuple(sorted(
                _place(root, path, call in FOLLOWS) for path in paths))))
    return found


def _place(root, path, follows):
    """strace does not say what a relative name of mkdir is relative to: it stays one."""
    if not path.startswith("/"):
        return failures.normal(os.path.normpath(path))
    parent, name = os.path.split(os.path.normpath(path))
    real = linux.resolve(root, parent)[len(root):] or "/"
    there = os.path.join(real, name)
    if follows and os.path.islink(root + there):
        there = linux.resolve(root, there)[len(root):] or "/"
    return failures.normal(there)


def _definition(app, defined, plan, sys_ptrace):
    made = copy.deepcopy(defined)
    one = made["containerDefinitions"][0]
    if sys_ptrace:
        one.setdefault("linuxParameters", {}).setdefault(
            "capabilities", {})["add"] = ["SYS_PTRACE"]
    one["environment"] = one["environment"] + [
        {"name": e["name"], "value": e["value"]} for e in plan.get("environment", [])]
    words = ["--plan", "/inv/plan.json"] if plan else []
    one["command"] = ["/taskprobe", "rehearse", *words, "-o", "/inv/rehearsal", "--",
                      *app.command]
    return made


def rehearse(app, image, defined, directory, plan, patience=60):
    """The run, and {(errno, paths)} of what it refused; None where it was not valid. Where
    it is invalid for want of SYS_PTRACE, it gets it, as it says itself."""
    run, refused = _rehearse(app, image, defined, directory, plan, patience, False)
    if refused is None and "SYS_PTRACE" in (run.problem or ""):
        run, refused = _rehearse(app, image, defined, directory, plan, patience, True)
    return run, refused


def _rehearse(app, image, defined, directory, plan, patience, sys_ptrace):
    run = runs.Run(directory, ("rehearsed" if plan else "rehearsed-without") +
                   "-ptrace" * sys_ptrace)
    run.sys_ptrace = sys_ptrace
    if plan:
        shutil.copy(directory + "/plan.json", run.out)
    tweaks = {plans.NAME: {"binds": [[run.out, "/inv", "rw"]]}}
    made = _definition(app, defined, plan, sys_ptrace)
    with Task(made, images={"app": image}, flavour="fargate", network="none",
              tweaks=tweaks) as task:
        one = box.Box(task, plans.NAME, app, patience)
        if run.guarded(app.smoke, one, 1):
            run.guarded(one.ends)
        elif task.exit_status(plans.NAME) is None:
            run.guarded(one.ends)
        runs.write_log(run, task, plans.NAME)
    try:
        with open(run.out + "/rehearsal", encoding="utf-8") as file:
            said = json.load(file)
    except (OSError, ValueError) as error:
        run.problem = f"no document: {error}"
        return run, None
    if not said.get("valid"):
        run.problem = f"invalid: {said.get('invalid')}"
        return run, None
    return run, {(one["error"], tuple(sorted(failures.normal(path) for path in
                                             (one["path"], one.get("to")) if path)))
                 for one in said.get("refused", [])}


def _same(one, other):
    """Of (errno, paths): a relative name is any that ends so, and "." is anything."""
    return one[0] == other[0] and len(one[1]) == len(other[1]) and all(
        a == b or b == "." or (not b.startswith("/") and a.endswith("/" + b))
        for a, b in zip(one[1], other[1]))


def compare(refused, kernel):
    """Words for what only one of both refused."""
    if refused is None:
        return []
    return [f"rehearsal alone: {one}" for one in sorted(refused)
            if not any(_same(one, other) for other in kernel)] + \
           [f"kernel alone: {other}" for other in sorted(kernel)
            if not any(_same(one, other) for one in refused)]
