# SPDX-License-Identifier: MIT
"""seccomp.json compiled to OCI, for one machine and one set of capabilities."""
import functools
import json
import os
import platform

_OPERATORS = {"<": "SCMP_CMP_LT", "=": "SCMP_CMP_EQ", ">": "SCMP_CMP_GT"}


@functools.lru_cache(maxsize=None)
def _rules():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seccomp.json")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _names(lines):
    return [name for line in lines for name in line.split()]


def _allow(names, args=None):
    entry = {"names": names, "action": "SCMP_ACT_ALLOW"}
    if args:
        entry["args"] = args
    return entry


def _with_arguments(rules):
    for name, index, operator, value in rules["arguments"]:
        yield _allow([name], [{"index": index, "value": value,
                               "op": _OPERATORS[operator]}])


def _without_capability(rules, capabilities):
    for capability, rule in rules["unless_capability"].items():
        if capability in capabilities:
            continue
        for name, index, bits, value in rule["masked"]:
            yield _allow([name], [{"index": index, "value": bits, "valueTwo": value,
                                   "op": "SCMP_CMP_MASKED_EQ"}])
        for name, code in rule["errno"].items():
            yield {"names": [name], "action": "SCMP_ACT_ERRNO", "errnoRet": code}


def compiled(capabilities, machine=None):
    """`capabilities` are names without CAP_: those of the bounding set."""
    machine = machine or platform.machine()
    rules = _rules()
    always = [name for lines in rules["always"].values() for name in _names(lines)]
    calls = [_allow(always + _names([rules["machine"][machine]]))]
    calls += _with_arguments(rules)
    for capability, lines in rules["capability"].items():
        if capability in capabilities:
            calls.append(_allow(_names(lines)))
    calls += _without_capability(rules, capabilities)
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
            "architectures": rules["machines"][machine], "syscalls": calls}
