#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""main.py [--calls N] [--storms N] [--kills N] [PART...] - the long form of what
tests/live/trace_soak.py does in half a minute. Parts: memory, storms, bombs, kills."""
import argparse
import os
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:1] = [TOP + "/tests/live", TOP + "/tests"]

import harness
from soak import bombs, kills, parts
from soak import stage as stages


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--storms", type=int, default=100)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("-v", action="store_true")
    parser.add_argument("parts", nargs="*")
    wanted = parser.parse_args()
    stages.enter()
    tally = harness.Tally(wanted.v)
    stage = stages.Stage()
    try:
        for name, part in (
                ("kills", lambda: kills.soak(tally, stage, wanted.kills)),
                ("bombs", lambda: bombs.soak(tally, stage, (30, 150, 600))),
                ("storms", lambda: parts.storms(tally, stage, wanted.storms)),
                ("memory", lambda: parts.memory(tally, stage, wanted.calls))):
            if wanted.parts and name not in wanted.parts:
                continue
            began = time.monotonic()
            try:
                part()
            except Exception:  # the others still run
                tally.crashed(name)
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    finally:
        stage.done()
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
