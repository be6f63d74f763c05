# SPDX-License-Identifier: MIT
"""Tcl's own tests, from its source, with the interpreter of the package: those of files,
channels, processes and events."""
import os
import re
import shutil
import subprocess

import harness
from suites import redis

NAME = "tcl"
WHO = ("root", "user")
SECONDS = 600
SOURCE = harness.TOP + "/build/suites/tcl8.6"
LINE = re.compile(r"^(?:\+\+\+\+|====) (\S+) .*?(PASSED|SKIPPED|FAILED)", re.M)
FILES = """
fCmd fileName fileSystem io ioCmd ioTrans iogt chan chanio cmdAH cmdMZ exec event env encoding
interp load main package pid pkgMkIndex autoMkindex source socket tm timer trace thread
unixFCmd unixFile unixInit unixNotfy winFile zlib safe tempfile msgcat
""".split()


def ready():
    if not shutil.which("tclsh8.6"):
        return "needs tcl8.6"
    fetch = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fetch.sh")
    got = subprocess.run([fetch, redis.suite(), "tcl8.6", SOURCE], stderr=subprocess.PIPE,
                         check=False)
    return got.stderr.decode().strip() if got.returncode else None


def units(short):
    return [name for name in short or FILES if os.path.exists(f"{SOURCE}/tests/{name}.test")]


def run(unit, where):
    tests = os.path.join(where.path, "tests")
    shutil.copytree(SOURCE + "/tests", tests)
    subprocess.run(["chown", "-R", "--reference", where.path, tests], check=True)
    output, status, seconds = where(
        ["tclsh8.6", f"{tests}/{unit}.test", "-verbose", "pass skip error", "-tmpdir",
         where.path], SECONDS)
    found = {f"{unit} as a whole": status}
    for name, result in LINE.findall(output):
        found[f"{unit}: {name}"] = result
    return found, seconds, output
