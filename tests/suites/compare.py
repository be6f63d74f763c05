# SPDX-License-Identifier: MIT
"""One suite, as one user: natively and traced, unit by unit; and the table."""
import os
import tempfile

from suites import runs


class Sums:
    def __init__(self):
        self.tests = self.same = self.events = self.unresolved = 0
        self.native = self.traced = 0.0
        self.flaky = {}
        self.different = {}


def once(suite, unit, who, top, traced):
    """(results, seconds, output, coverage)"""
    where = runs.Run(tempfile.mkdtemp(dir=top), who, traced)
    try:
        results, seconds, output = suite.run(unit, where)
        return results, seconds, output, where.coverage() if traced else None
    finally:
        where.done()


def differing(a, b):
    return [test for test in {**a, **b} if a.get(test) != b.get(test)]


def keep(directory, unit, outputs):
    if not directory:
        return
    os.makedirs(directory, exist_ok=True)
    for name, output in outputs.items():
        path = os.path.join(directory, f"{unit.replace('/', '-')}.{name}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(output)


def ask_again(suite, unit, who, top, tests, again):
    """Natively, until each answer of the traced run was among the native ones; else also
    traced: how often is it so?"""
    for traced in (False, True):
        for _ in range(again):
            if not any(is_different(answers) for answers in tests.values()):
                return
            results = once(suite, unit, who, top, traced)[0]
            for test, answers in tests.items():
                answers[traced].append(results.get(test))


def is_different(answers):
    """The first answer under trace is none of the native ones."""
    return answers[True][0] not in answers[False]


def told(answers):
    def times(given):
        return ", ".join(f"{answer} ({given.count(answer)})"
                         for answer in sorted(set(given), key=str))
    return f"natively {times(answers[False])}; traced {times(answers[True])}"


def judge(suite, unit, who, top, native, traced, sums, again):
    """[tests that differ under trace alone]"""
    tests = {test: {False: [native.get(test)], True: [traced.get(test)]}
             for test in differing(native, traced)}
    ask_again(suite, unit, who, top, tests, again)
    wrong = [test for test, answers in tests.items() if is_different(answers)]
    for test, answers in tests.items():
        (sums.different if test in wrong else sums.flaky)[test] = told(answers)
        print(f"  {'DIFFERENT' if test in wrong else 'flaky'} {test}: {told(answers)}",
              flush=True)
    sums.tests += len(traced)
    sums.same += len([test for test in traced if test not in tests])
    return wrong


def compare(tally, suite, who, short, top, again, kept=None):
    sums = Sums()
    for unit in suite.units(short):
        native, seconds, before, _ = once(suite, unit, who, top, False)
        sums.native += seconds
        traced, seconds, output, coverage = once(suite, unit, who, top, True)
        sums.traced += seconds
        if judge(suite, unit, who, top, native, traced, sums, again):
            keep(kept, f"{suite.NAME}-{who}-{unit}", {"native": before, "traced": output})
        tally.check(f"{suite.NAME}, {who}: {unit}: the inventory has an end",
                    coverage is not None, True)
        sums.events += (coverage or {}).get("events", 0)
        sums.unresolved += (coverage or {}).get("unresolved", 0)
        if tally.verbose:
            print(f"     {unit}: {len(traced)} tests", flush=True)
    tally.check(f"{suite.NAME}, {who}: what differs under trace alone", sums.different, {})
    tally.check(f"{suite.NAME}, {who}: there are tests", sums.tests > 0, True)
    print(f"  {suite.NAME:8} as {who:10} tests {sums.tests:6}  same {sums.same:6}  flaky "
          f"{len(sums.flaky):3}  different {len(sums.different):3}  seconds "
          f"{sums.native:.0f} native, {sums.traced:.0f} traced; {sums.events:,} calls, "
          f"{sums.unresolved} unresolved", flush=True)
