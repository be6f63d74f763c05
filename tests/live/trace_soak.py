#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The soak (tests/soak) in a short form: calls by the hundred thousand in flat memory,
storms that end in the middle, a fork bomb, kills of each process of `trace`."""
import sys

import harness
from soak import bombs, kills, parts
from soak import stage as stages


def main():
    stages.enter()
    tally = harness.Tally("-v" in sys.argv)
    stage = stages.Stage()
    try:
        for name, part in (
                ("kills", lambda: kills.soak(tally, stage, 60)),
                ("bombs", lambda: bombs.soak(tally, stage, (50,))),
                ("storms", lambda: parts.storms(tally, stage, 3)),
                ("memory", lambda: parts.memory(tally, stage, 200_000, interval=0.1))):
            try:
                part()
            except Exception:  # the others still run
                tally.crashed(name)
    finally:
        stage.done()
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
