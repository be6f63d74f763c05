#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Three modules of CPython's own tests have the same results under `trace`: a short form
of ./dev suites."""
import os
import sys
import tempfile

import harness
from suites import compare, cpython


def main():
    if os.geteuid() != 0:
        harness.skip("runs as another user: needs root")
    reason = cpython.ready()
    if reason:
        harness.skip(reason)
    tally = harness.Tally("-v" in sys.argv)
    with tempfile.TemporaryDirectory(prefix="taskprobe-suites-", dir="/var/tmp") as top:
        os.chmod(top, 0o755)
        for who, units in (("container", ["test_posix", "test_shutil"]),
                           ("user", ["test_tempfile"])):
            compare.compare(tally, cpython, who, units, top, 4)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
