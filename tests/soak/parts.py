# SPDX-License-Identifier: MIT
"""Calls by the million, and storms that end in the middle."""
import os
import subprocess
import time

from soak import kills
from soak import stage as stages

# Growth that is none: a page table, an arena of the allocator that is still filled.
GROWTH_KIB = 1024
DESCRIPTORS = 10_000
WARM = 0.15  # of the run: until then tables fill


def look(pids):
    """Resident KiB and descriptors of the supervisor and the standby."""
    found = {}
    for name in ("supervisor", "standby"):
        pid = pids.get(name, 0)
        rss = stages.status_of(pid, "VmRSS")
        try:
            found[name] = (int(rss), len(os.listdir(f"/proc/{pid}/fd")))
        except (OSError, TypeError):
            return None
    return found


def sample(process, pids, interval):
    """[what was seen], and for how long the supervisor was there, of how long in all."""
    began = lived = time.monotonic()
    samples = []
    while process.poll() is None:
        found = look(pids)
        if found:
            samples.append(found)
            lived = time.monotonic()
        time.sleep(interval)
    return samples, (lived - began, time.monotonic() - began)


def memory(tally, stage, calls, threads=2, interval=1.0):
    """Flat memory over so many calls, with a bounded number of paths."""
    directory, out = stage.new()
    began = time.monotonic()
    process = stage.start(stage.traced(out, stage.app, "calls", directory, str(threads),
                                       str(calls), "alarms"))
    process.stdout.readline()
    kills.find(process, "plain", "app")
    samples, lived = sample(process, kills.line_of(process, "plain"), interval)
    output, errors, status, left = stage.finish(process)
    took = time.monotonic() - began
    words = output.split()
    tally.check("the calls' answers", (status, words[:2], left), (0, ["wrong", "0"], []))
    end = stages.end_of(out)
    coverage = end.get("coverage", {})
    tally.check("each call was seen", coverage.get("events", 0) >= calls and
                (coverage.get("unresolved"), coverage.get("lost")) == (0, 0) or
                (coverage, errors[-300:]), True)
    tally.check("the inventory", stage.inventory(out, True), None)
    print(f"  calls   {coverage.get('events', 0):,} in {took:.1f} s, {words[3:4]} "
          f"interrupted by a handler; inventory {os.path.getsize(out) >> 10:,} KiB; "
          f"the supervisor was there for {lived[0]:.0f} s of {lived[1]:.0f}")
    warm = samples[int(len(samples) * WARM):]
    if not tally.check("there are samples", len(warm) >= 4, True):
        return
    half = len(warm) // 2
    for name in ("supervisor", "standby"):
        first = max(s[name][0] for s in warm[:half])
        last = max(s[name][0] for s in warm[half:])
        fds = [max(s[name][1] for s in part) for part in (warm[:half], warm[half:])]
        print(f"  memory  {name}: {samples[0][name][0]} KiB at first, {first} in the first "
              f"half, {last} in the second; descriptors {fds[0]}, {fds[1]}")
        tally.check(f"memory of the {name} is flat", max(0, last - first) <= GROWTH_KIB
                    or (first, last), True)
        # Those of tasks that ended are kept, up to a bound, until others need the room.
        tally.check(f"descriptors of the {name} are bounded", fds[1] <= DESCRIPTORS or fds,
                    True)


def storms(tally, stage, count, threads=64):
    """exit_group in the midst of anything at all."""
    for i in range(count):
        mode = list(kills.MODES)[i % len(kills.MODES)]
        prefix, options = kills.MODES[mode]
        directory, out = stage.new()
        ms = stage.random.randrange(5, 400)
        process = stage.start([*prefix, *stage.traced(
            out, stage.app, "storm", directory, str(threads), str(ms), options=options)])
        _, errors, status, left = stage.finish(process)
        if not tally.check(f"storm {i} ({mode}, {ms} ms)", (status, left), (21, [])):
            print(errors[-500:])
        tally.check(f"storm {i}: the inventory", stage.inventory(out, True), None)
    print(f"  storms  {count} of {threads} threads, ended in the middle")
