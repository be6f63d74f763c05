#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A part of the live matrix, started by podman from flags: a runtime whose bundles are
not ours."""
import shutil
import sys

import harness
import matrix
import model
from lab.podman_task import PodmanTask

# Left out: what podman cannot be asked for, and one that needs a port of the machine.
SKIP = ("drop-inside", "ambient", "socket")


class PodmanRound(matrix.Round):
    factory = staticmethod(PodmanTask)

    def right(self, app, truth):
        """podman mounts a file of its own, /run/.containerenv, from the machine's disk;
        Docker does not."""
        if not app.readonly and truth["TP.5"] != {model.UNKNOWN}:
            truth["TP.5"] = {model.PASS, model.FAIL}
        return truth


def rounds(place):
    by = {s.name: s for s in model.SIDECARS}
    some = [by[n] for n in ("as-root", "as-root-ptrace", "as-app", "as-other",
                            "as-other-ptrace")]
    return [
        PodmanRound("podman-task", place, some, network="host", skip=SKIP),
        PodmanRound("podman-none", place, [by["as-app"]], pid_mode=None, network="host",
                    skip=SKIP),
        PodmanRound("podman-within", place, [by["as-other"]], pid_mode=None,
                    network="host", within=True, skip=SKIP),
    ]


if __name__ == "__main__":
    if not shutil.which("podman"):
        harness.skip("podman is not installed")
    sys.exit(matrix.run_rounds(rounds, sys.argv[1:]))
