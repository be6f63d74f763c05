#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""main.py [SUITE[:UNIT]...] - the test suites of real programs, natively and under
`taskprobe trace`: each test has the same result. What differs is asked again: a test that
also natively has now this result and now that one is flaky, and is listed as such; one
that has the other result under trace alone has failed."""
import argparse
import os
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:1] = [TOP + "/tests/live", TOP + "/tests"]

import harness
from suites import compare, cpython, redis, tcl

SUITES = {suite.NAME: suite for suite in (cpython, redis, tcl)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--again", type=int, default=4, help="native runs where it differs")
    parser.add_argument("--keep", help="a directory for the output of what differs")
    parser.add_argument("--as", dest="who", action="append", help="root, container, user")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("words", nargs="*")
    wanted = parser.parse_args()
    if os.geteuid() != 0:
        harness.skip("runs as several users: needs root")
    short = {}
    for word in wanted.words or SUITES:
        name, _, unit = word.partition(":")
        short.setdefault(name, []).extend([unit] if unit else [])
    tally = harness.Tally(wanted.v)
    with tempfile.TemporaryDirectory(prefix="taskprobe-suites-", dir="/var/tmp") as top:
        os.chmod(top, 0o755)
        for name, units in short.items():
            suite = SUITES[name]
            reason = suite.ready()
            if reason:
                tally.check(f"{name} can be run", reason, None)
                continue
            for who in wanted.who or suite.WHO:
                compare.compare(tally, suite, who, units, top, wanted.again, wanted.keep)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
