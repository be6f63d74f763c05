#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""schema.py TASKPROBE [FILE...] - what the program prints as JSON, and saved documents,
against docs/schema. Needs no root. Other tests import errors()."""
import functools
import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    jsonschema = None

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@functools.lru_cache(maxsize=None)
def _validator(name):
    with open(f"{TOP}/docs/schema/{name}.json", encoding="utf-8") as file:
        document = json.load(file)
    kind = jsonschema.validators.validator_for(document)
    kind.check_schema(document)
    return kind(document)


def errors(document, name=None):
    """What is wrong with a document, as sentences; empty where all is right. Its own
    "schema" says which, "taskprobe.report/1" is report.json."""
    if jsonschema is None:
        return ["python3-jsonschema is missing"]
    name = name or str(document.get("schema", "")).removeprefix("taskprobe.").split("/")[0]
    try:
        found = _validator(name).iter_errors(document)
    except OSError as error:
        return [f"no schema for {document.get('schema')!r}: {error}"]
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in found][:5]


def outputs(binary):
    """(what, document) of each verb that prints one."""
    with tempfile.TemporaryDirectory(prefix="taskprobe-schema-") as directory:
        definition, facts = directory + "/taskdef.json", directory + "/facts.json"
        with open(definition, "w", encoding="utf-8") as file:
            json.dump({"family": "x", "revision": 1, "containerDefinitions": [
                {"name": "app", "image": "x", "readonlyRootFilesystem": True}]}, file)
        probe = [binary, "probe", "-f", "json", "--no-inventory"]
        yield "probe", run(probe)
        yield "probe of a definition", run(
            probe + ["--self", "app", "--task-definition", definition])
        yield "agent --once", run([binary, "agent", "--once", "-f", "json", "--wait", "0s",
                                   "--no-inventory"])
        subprocess.run([binary, "probe", "--exec", "-o", facts, "--", "true"], check=True)
        with open(facts, encoding="utf-8") as file:
            yield "probe --exec", json.load(file)
        yield "report", run([binary, "report", "-f", "json", facts])
        inventory = directory + "/inventory.jsonl"
        with open(inventory, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(r) + "\n" for r in inventory_lines())
        plan = [binary, "plan", "--container", "app", inventory]
        yield "plan", run(plan)
        yield "plan of a definition", run(plan + ["--task-definition", definition])


def inventory_lines():
    """Of each kind of record one, as the fuzzer has it too."""
    with open(f"{TOP}/tests/fuzz/corpus/inventory/seed-whole", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def merged(binary, records):
    """The records that merge makes of these; None where it refuses them."""
    text = "".join(json.dumps(record) + "\n" for record in records)
    done = subprocess.run([binary, "merge", "-"], input=text.encode(), check=False,
                          capture_output=True, timeout=120)
    if done.returncode != 0:
        return None
    return [json.loads(line) for line in done.stdout.splitlines()]


def broken(records):
    """(what, records) with a member of one missing, or of another kind."""
    for i, record in enumerate(records):
        for name, value in record.items():
            rest = {k: v for k, v in record.items() if k != name}
            wrong = {} if isinstance(value, (str, list, bool)) else "x"
            for what, new in (("without", rest), ("another kind of", {**rest, name: wrong})):
                yield (f"{record['record']}: {what} {name}",
                       records[:i] + [new] + records[i + 1:], new)


def inventories(binary):
    """(what, sentences): lines that merge writes are as the schema has them, and what
    the schema allows is read. What it does not, merge may take for a line of a log."""
    records = inventory_lines()
    for what, lines in (("records", records), ("merge", merged(binary, records)),
                        ("merge of merge", merged(binary, merged(binary, records)))):
        yield f"inventory: {what}", [e for line in lines for e in errors(line, "inventory")]
    wrong, count = [], 0
    for what, lines, new in broken(records):
        valid, taken = not errors(new, "inventory"), merged(binary, lines) is not None
        count += 1
        if valid and not taken:
            wrong.append(f"{what}: the schema allows it, merge refuses it")
        elif not valid and taken and "another" in what \
                and what.startswith(f"{new.get('record')}:"):
            wrong.append(f"{what}: the schema refuses it, merge takes it")
    yield f"inventory: {count} broken records", wrong


def run(words):
    done = subprocess.run(words, capture_output=True, check=False, timeout=120)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"schema": "none", "said": done.stderr.decode(errors="replace")[-300:]}


def saved(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    if jsonschema is None:
        print("python3-jsonschema is not installed")
        return 77
    documents = list(outputs(sys.argv[1])) + [(p, saved(p)) for p in sys.argv[2:]]
    checks = [(what, errors(document)) for what, document in documents]
    passed = failed = 0
    for what, wrong in checks + list(inventories(sys.argv[1])):
        passed, failed = passed + (not wrong), failed + bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {what}", *wrong, sep="\n     "
              if wrong else " ")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
