# SPDX-License-Identifier: MIT
"""redis's own suite, from its source, with the server of the package: what writes and
renames files, forks, replicates and is killed."""
import os
import re
import shutil
import subprocess

import harness

NAME = "redis"
WHO = ("user",)
SECONDS = 1200
SOURCE = harness.TOP + "/build/suites/redis"
PARTS = """
unit/printver unit/auth unit/keyspace unit/other unit/aofrw unit/shutdown unit/multi
unit/networking unit/limits unit/introspection unit/protocol unit/scan unit/dump
unit/quit unit/wait unit/type/string unit/type/list unit/type/hash unit/scripting
unit/functions unit/acl unit/oom-score-adj
integration/aof integration/aof-multi-part integration/rdb integration/corrupt-dump
integration/convert-zipmap-hash-on-load integration/convert-ziplist-hash-on-load
integration/convert-ziplist-zset-on-load integration/logging integration/redis-cli
integration/redis-benchmark integration/replication-2 integration/replication-3
integration/replication-4 integration/psync2-reg integration/block-repl
integration/dismiss-mem integration/failover
""".split()
LINE = re.compile(r"\[(ok|err|exception|ignore|skip)\]: (.*)")


def ready():
    if not shutil.which("tclsh8.6") or not os.access("/usr/bin/redis-check-rdb", os.X_OK):
        return "needs tcl8.6 and redis-tools"
    fetch = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fetch.sh")
    got = subprocess.run([fetch, suite(), "redis", SOURCE], stderr=subprocess.PIPE,
                         check=False)
    return got.stderr.decode().strip() if got.returncode else None


def suite():
    with open("/etc/os-release", encoding="utf-8") as file:
        found = re.search(r"^VERSION_CODENAME=(.*)$", file.read(), re.M)
    return found.group(1) if found else "stable"


def units(short):
    return [p for p in short or PARTS if os.path.exists(f"{SOURCE}/tests/{p}.tcl")]


def place(where):
    """Its tests beside a src/ with the package's programs."""
    top = os.path.join(where.path, "redis")
    os.makedirs(top + "/src")
    shutil.copytree(SOURCE + "/tests", top + "/tests")
    for name in ("redis.conf", "sentinel.conf"):
        shutil.copy(f"{SOURCE}/{name}", top)
    for name in ("redis-cli", "redis-benchmark", "redis-check-rdb", "redis-check-aof"):
        os.symlink(f"/usr/bin/{name}", f"{top}/src/{name}")
    # One program: it is what it is called.
    for name in ("redis-server", "redis-sentinel"):
        os.symlink("/usr/bin/redis-check-rdb", f"{top}/src/{name}")
    subprocess.run(["chown", "-R", "--reference", where.path, top], check=True)
    return top


def without_figures(name):
    """Times and chance are part of some names."""
    return re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?", "N", re.sub(r" \(\d+ ms\)$", "", name))


def run(unit, where):
    top = place(where)
    output, status, seconds = where(["tclsh8.6", "tests/test_helper.tcl", "--clients", "1",
                                     "--single", unit], SECONDS, cwd=top)
    found = {f"{unit} as a whole": status}
    for result, name in LINE.findall(re.sub(r"\x1b\[[0-9;]*m", "", output)):
        name = f"{unit}: {without_figures(name)}"
        # Some are repeated as often as time allows: then the worst counts.
        if found.get(name) in (None, "ok"):
            found[name] = result
    return found, seconds, output
