# SPDX-License-Identifier: MIT
"""What tests/tools/writes says it did, beside an inventory, and beside a read-only root."""
import base64
import collections
import errno
import json
import os
import subprocess

import harness

WARNINGS = ["-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror"]
# No library for i386 is needed: the program brings what it needs.
BARE = ["-m32", "-march=i686", "-DWRITES_BARE", "-ffreestanding", "-fno-stack-protector",
        "-fno-pic", "-no-pie", "-nostdlib", "-static"]
BUILDS = {"dynamic": ["gcc"], "static": ["gcc", "-static"], "musl": ["musl-gcc", "-static"],
          "i386": ["gcc", *BARE]}
REFUSED = (errno.EROFS, errno.EXDEV)
# Not predicted: whether the file system has such a thing at all; and that an overlay
# does not rename a directory that came with the image.
UNPREDICTED = {("xattr", errno.EOPNOTSUPP), ("create", errno.EOPNOTSUPP),
               ("rename", errno.EXDEV)}


def compile_writes(directory, builds=tuple(BUILDS)):
    """{build: path} of the program."""
    source = os.path.join(harness.TOP, "tests/tools/writes")
    sources = sorted(os.path.join(source, f) for f in os.listdir(source) if f.endswith(".c"))
    multiarch = subprocess.run(["gcc", "-print-multiarch"], check=True, text=True,
                               capture_output=True).stdout.strip()
    headers = ["-isystem", f"/usr/include/{multiarch}"]
    found = {}
    for build in builds:
        compiler, *flags = BUILDS[build]
        found[build] = os.path.join(directory, "writes-" + build)
        subprocess.run([compiler, *WARNINGS, *flags, *(headers if "-m32" in flags else []),
                        "-o", found[build], *sources], check=True)
    return found


def lines_of(text):
    """The lines that a run of `writes` printed, in order."""
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogateescape")
    return [json.loads(line) for line in text.splitlines() if line]


def path_of(line, key="path"):
    """Names as bytes, without the slash that an empty last part leaves."""
    path = base64.b64decode(line[key])
    return path.rstrip(b"/") or b"/"


class Said:
    """The effects by (path, op): how often it ended how; and the rest."""

    def __init__(self, text, sees_all=False):
        self.sees_all = sees_all              # the tracer holds SYS_PTRACE
        self.counts = collections.Counter()   # (path, op, errno)
        self.uids = collections.Counter()     # (path, uid)
        self.pairs = collections.Counter()    # (op, from, to)
        self.executed, self.words = set(), {}
        self.skipped, self.hidden = [], 0
        self.effects = self.nothings = 0
        for line in lines_of(text):
            self._take(line)

    def _take(self, line):
        if "skipped" in line:
            self.skipped.append((line["skipped"], line["why"]))
        elif "executed" in line:
            self.executed.add(path_of(line, "executed"))
        elif "hidden" in line and not self.sees_all:
            self.hidden += 1
        elif "op" not in line:
            self.nothings += 1
        else:
            self.effects += 1
            paths = [path_of(line)] + ([path_of(line, "from")] if "from" in line else [])
            for path in paths:
                self.counts[path, line["op"], line["errno"]] += 1
                self.uids[path, line["uid"]] += 1
                self.words.setdefault(path, line.get("what") or line["hidden"])
            if len(paths) > 1:
                self.pairs[line["op"], paths[1], paths[0]] += 1


class Inventory:
    """One inventory as text, in the same terms."""

    def __init__(self, text):
        self.counts, self.uids = collections.Counter(), collections.Counter()
        self.pairs, self.executed = collections.Counter(), set()
        self.run = self.end = None
        for line in lines_of(text):
            getattr(self, "_" + line["record"])(line)

    @property
    def events(self):
        return self.end["coverage"]["events"] if self.end else None

    def _run(self, line):
        self.run = line

    def _end(self, line):
        self.end = line

    def _dir(self, line):
        pass

    def _path(self, line):
        path = name(line, "path")
        for op, count in line.get("ops", {}).items():
            if count.get("written"):
                self.counts[path, op, 0] += count["written"]
            for word, times in count.get("failed", {}).items():
                code = getattr(errno, word) if isinstance(word, str) else word
                self.counts[path, op, code] += times
        for process in line.get("processes", []):
            self.uids[path, process.get("uid", -1)] += process["count"]
        if line.get("executed"):
            self.executed.add(path)

    def _pair(self, line):
        self.pairs[line["op"], name(line, "from"), name(line, "to")] += line["count"]


def name(line, key):
    if key + "_b64" in line:
        return base64.b64decode(line[key + "_b64"])
    return line[key].encode()


def without_unpredicted(said, found):
    """Counted as written where the oracle could not know better."""
    for path, op, code in list(said):
        if (op, code) in UNPREDICTED:
            times = said.pop((path, op, code))
            found[path, op, 0] -= times
            if found[path, op, 0] == 0:
                del found[path, op, 0]


def skips(said):
    """What was skipped, whatever the form: {(what, why): times}."""
    return collections.Counter((what.rsplit("/", 1)[-1], why) for what, why in said.skipped)


def differences(said_text, inventory_text, sees_all=False):
    """Lines of what is missing, extra or counted otherwise; and both sides."""
    said, found = Said(said_text, sees_all), Inventory(inventory_text)
    without_unpredicted(said.counts, found.counts)
    lines = []
    for kind in ("counts", "pairs", "uids"):
        mine, theirs = getattr(said, kind), getattr(found, kind)
        for key in sorted(set(mine) | set(theirs), key=repr):
            if mine[key] != theirs[key]:
                words = said.words.get(key[0], "") if kind != "pairs" else ""
                lines.append(f"{kind[:-1]} {key}: {theirs[key]} in the inventory, "
                             f"{mine[key]} done {words}")
    for path in sorted(said.executed ^ found.executed):
        where = "missing" if path in said.executed else "extra"
        lines.append(f"executed {path}: {where}")
    if not found.end:
        lines.append("the inventory has no end record")
    else:
        coverage = found.end["coverage"]
        if coverage["unresolved"] != said.hidden:
            lines.append(f"unresolved {coverage['unresolved']}, expected {said.hidden}: "
                         f"{coverage.get('blind_spots')}")
        if coverage["lost"]:
            lines.append(f"lost {coverage['lost']}")
    return lines, said, found


def untruths(writable, readonly):
    """Where what the program says of a read-only root is not so: lines of the same run on
    one. What depends on earlier calls cannot be asked there."""
    before = {}
    for line in lines_of(writable):
        if "what" in line or "hidden" in line:
            before.setdefault(line.get("what") or line["hidden"], []).append(line)
    wrong, asked = [], 0
    for line in lines_of(readonly):
        what = line.get("what") or line.get("hidden")
        if not what or line.get("after"):
            continue
        native = before[what].pop(0)
        asked += 1
        code = line["errno"]
        if "op" in line:
            good = code in REFUSED
        else:
            good = code == native["errno"]
        if not good:
            wrong.append(f"{what}: {errno.errorcode.get(code, code)} on a read-only "
                         f"root, {errno.errorcode.get(native['errno'], 0)} on a writable "
                         f"one; said to {'be refused' if 'op' in line else 'be the same'}")
    return wrong, asked
