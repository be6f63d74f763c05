#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""main.py [NAME[:USER]...] - real programs: traced, planned for with no human hand in it,
and run under a real read-only root with what the plan says. A first try is one where the
smoke test passes and nothing fails that did not fail before. The exit status is 1 where
not all of them are."""
import argparse
import dataclasses
import fcntl
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:1] = [TOP, TOP + "/tests/live", TOP + "/tests"]

import harness
from apps import dockerfile, failures, image as images, plans, rehearsals, runs
from lab import roots

HERE = os.path.dirname(os.path.abspath(__file__))
OUTPUT = TOP + "/build/apps"
# What differs is asked again: some calls fail now and then.
BASELINES = 3
SHOWN = 8


def all_apps():
    """{name: App}, in the order of the files' names."""
    found = {}
    for file in sorted(os.listdir(HERE + "/apps")):
        if file.endswith(".py"):
            module = importlib.import_module(f"apps.apps.{file[:-3]}")
            found.update((app.name, app) for app in module.APPS)
    return found


@dataclasses.dataclass
class Row:
    app: str
    user: str
    first: bool = False
    mounts: int = 0
    entries: int = 0
    by_hand: int = 0
    asked: int = 0
    later: str = ""
    rehearsed: str = ""
    difference: str = ""
    words: list = dataclasses.field(default_factory=list)

    def cells(self):
        return [self.app, self.user, "yes" if self.first else "NO", str(self.mounts),
                str(self.entries), str(self.by_hand), str(self.asked), self.later,
                self.rehearsed, self.difference]


HEAD = ["app", "user", "first try", "mounts", "entries", "by hand", "asked", "later",
        "rehearsed", "by diff"]


class Arena:
    def __init__(self, options):
        self.options = options
        self.taskprobe = harness.taskprobe()
        self.planner = options.planner or self.taskprobe
        self.directory = tempfile.mkdtemp(prefix="taskprobe-apps-", dir="/var/tmp")
        os.chmod(self.directory, 0o755)
        self.tracer = images.tracer(self.taskprobe, self.directory + "/tracer")

    def done(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def image(self, app, user):
        layers = images.installed(app.name, app.packages, app.before, app.setup)
        made = roots.Image("app", [*layers, *self.tracer])
        place = f"{self.directory}/{app.name}-{user}"
        if app.files:
            made = made.with_files(place + "-files", app.files)
        if app.users[user]:
            made = images.run(made, ["/bin/sh", "-euc", app.users[user]], place + "-user")
        return made

    def written(self, inventory):
        """The normal names of what was written with success, not only asked of."""
        found = set()
        with open(inventory, encoding="utf-8") as file:
            for line in map(json.loads, file):
                if any(count.get("written") for op, count in line.get("ops", {}).items()
                       if op != "access"):
                    found.add(failures.normal(line.get("path", "")))
        return found


def examine(arena, app, user):
    row = Row(app.name, user)
    directory = f"{OUTPUT}/{app.name}-{user}"
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    image, defined = arena.image(app, user), plans.definition(app, user)
    traced = runs.traced(app, image, defined, directory)
    base = runs.writable(app, image, defined, directory, 1)
    for what, run in (("traced", traced), ("writable", base)):
        if run.problem:
            row.words.append(f"{what}: {run.problem}")
            return row
    inventory = traced.out + "/inventory-" + plans.NAME
    try:
        plan = arena.options.plan(app, user) or plans.make(
            arena.planner, [inventory], defined, directory)
        changed = dockerfile.apply(
            image, [change["dockerfile"] for change in plan.get("image_changes", [])],
            f"{arena.directory}/{app.name}-{user}-plan")
        ready = plans.planned(defined, plan)
    except (plans.NoPlan, images.Failed) as error:
        row.words.append(str(error))
        return row
    mounts = plan.get("mounts", [])
    row.mounts, row.by_hand = len(mounts), len(plan.get("by_hand", []))
    real = runs.readonly(app, changed, ready, directory, "planned", mounts,
                         rehearsals.of_the_kernel)
    compare = Compare(app, image, defined, directory, base,
                      arena.written(inventory))
    judge(row, real, compare)
    if not arena.options.no_rehearsal:
        rehearsed(row, compare, changed, plan, real)
    if not arena.options.no_difference:
        difference(row, traced, compare)
    return row


def guarded(arena, app, user):
    """A test that breaks is a miss too, and the others go on."""
    os.makedirs(OUTPUT, exist_ok=True)
    try:
        with open(f"{OUTPUT}/.{app.name}-{user}", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # of two at the same time one waits
            return examine(arena, app, user)
    except Exception:  # said
        return Row(app.name, user, words=[traceback.format_exc()])


class Compare:
    """What failed under a read-only root beside what fails without one."""

    def __init__(self, app, image, defined, directory, base, written):
        self.app, self.image, self.defined = app, image, defined
        self.directory, self.written = directory, written
        self.known, self.baselines = dict(base.failures), 1
        self.patience = 10 + base.seconds  # for what may never come

    def new(self, run):
        lines = failures.new(self.known, run.failures, self.written)
        while lines and len(failures.refused(lines)) < len(lines) \
                and self.baselines < BASELINES:
            self.baselines += 1
            more = runs.writable(self.app, self.image, self.defined,
                                 self.directory, self.baselines)
            self.known.update(more.failures)
            lines = failures.new(self.known, run.failures, self.written)
        return lines

    def failed(self, run):
        """What failed, and how many questions (access) were answered otherwise."""
        lines = self.new(run)
        asked = failures.asked(lines, self.written)
        return [line for line in lines if line not in asked], len(asked)


def judge(row, run, compare):
    row.entries = run.carried
    if run.problem:
        row.words.append(f"smoke test: {run.problem}")
    lines, row.asked = compare.failed(run)
    row.words += lines[:SHOWN]
    row.words += [f"{path} hides {count} entries of the image"
                  for path, count in run.hidden.items()]
    row.words += [f"{row.by_hand} by hand"] * bool(row.by_hand)
    row.first = not row.words
    if run.later:
        refused = failures.refused(compare.failed(run.later)[0])
        row.later = "passes" if not run.later.problem and not refused else "FAILS"
        later = [run.later.problem] * bool(run.later.problem) + refused[:SHOWN]
        row.words += ["later: " + words for words in later]


def rehearsed(row, compare, changed, plan, real):
    """With the plan it passes; without, it refuses what a real read-only root does."""
    app, place, patience = compare.app, compare.directory, compare.patience
    run, refused = rehearsals.rehearse(app, changed, compare.defined, place, plan)
    with_plan = run
    words = [run.problem] * bool(run.problem) + rehearsals.compare(refused, real.refused)
    row.words += ["rehearsed: " + word for word in words[:SHOWN]]
    bare = runs.readonly(app, compare.image, plans.with_mounts(compare.defined, []),
                         place, "bare", [], rehearsals.of_the_kernel, patience)
    run, refused = rehearsals.rehearse(app, compare.image, compare.defined, place, {},
                                       patience)
    more = rehearsals.compare(refused, bare.refused)
    if (run.problem is None) != (bare.problem is None):
        more.append(f"ended with {run.problem!r}, and really with {bare.problem!r}")
    row.words += ["rehearsed without: " + word for word in more[:SHOWN]]
    row.rehearsed = ", ".join(
        ("NO" if wrong else "yes") + " (ptrace)" * one.sys_ptrace
        for wrong, one in ((words, with_plan), (more, run)))


def difference(row, traced, compare):
    """The same with a plan of what `docker diff` would have shown."""
    mounts = traced.upper_mounts
    if any(mount["path"] == "/" for mount in mounts):
        row.difference = "no: /"
        return
    defined = plans.with_mounts(compare.defined, mounts)
    run = runs.readonly(compare.app, compare.image, defined, compare.directory,
                        "difference", mounts, patience=compare.patience)
    good = not run.problem and not run.hidden and not compare.failed(run)[0]
    row.difference = f"{'yes' if good else 'no'}, {len(mounts)} mounts"


def print_table(rows):
    cells = [HEAD] + [row.cells() for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
    for line in cells:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


def summary(rows):
    first = sum(row.first for row in rows)
    share = 100 * first // len(rows) if rows else 0
    by_diff = sum(row.difference.startswith("yes") for row in rows)
    asked = sum(row.first and row.asked > 0 for row in rows)
    print(f"\n{first} of {len(rows)} at the first try: {share} %; "
          f"{by_diff} with what is left at the end; {asked} asked (access) of what it never "
          "wrote, and is told EROFS")
    return first == len(rows) and bool(rows)


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", help="a directory with NAME-USER.json made before")
    parser.add_argument("--planner", help="another build's taskprobe, for `plan` alone")
    parser.add_argument("--no-difference", action="store_true",
                        help="not what `docker diff` would have given")
    parser.add_argument("--no-rehearsal", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME[:USER]")
    given = parser.parse_args()

    def plan(app, user):
        place = f"{given.plans}/{app.name}-{user}.json"
        if not given.plans or not os.path.exists(place):
            return None
        with open(place, encoding="utf-8") as file:
            return json.load(file)

    given.plan = plan
    return given


def chosen(apps, names):
    pairs = [(app, user) for app in apps.values() for user in app.users]
    known = {name for app, user in pairs for name in (app.name, f"{app.name}:{user}")}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no such app: {', '.join(unknown)}; see --list")
    return [(app, user) for app, user in pairs
            if not names or {app.name, f"{app.name}:{user}"} & set(names)]


def main():
    given = options()
    pairs = chosen(all_apps(), given.names)
    if given.list:
        print("\n".join(f"{app.name}:{user}" for app, user in pairs))
        return 0
    harness.need_root()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of `finally`
    before = harness.machine()
    arena, rows = Arena(given), []
    try:
        for app, user in pairs:
            rows.append(guarded(arena, app, user))
            print("  ".join(rows[-1].cells()), flush=True)
            for words in rows[-1].words:
                print(f"     {words}", flush=True)
    finally:
        arena.done()
        left = [name for name in harness.left_behind(before)
                if "taskprobe-apps" in name or "taskprobe-lab" in name]
    print()
    print_table(rows)
    good = summary(rows)
    if left:
        print(f"left behind: {left}")
    return 0 if good and not left else 1


if __name__ == "__main__":
    sys.exit(main())
