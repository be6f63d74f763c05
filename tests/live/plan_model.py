#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""plan_model.py - task definitions that plan writes, against the AWS SDK's own model of
RegisterTaskDefinition, and against what went in. Needs no root.

The model is that of @aws-sdk/client-ecs, which ./dev puts into build/npm: shapes with
their members and which are required, and the words of each enumeration."""
import json
import os
import re
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    yaml = None

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SDK = TOP + "/build/npm/package"
OUTPUT_ONLY = ("taskDefinitionArn", "revision", "status", "requiresAttributes",
               "compatibilities", "registeredAt", "registeredBy", "deregisteredAt",
               "deleteRequestedAt")
LAUNCH = ("FARGATE", "EC2", "MANAGED_INSTANCES", "EXTERNAL")
PREFER = ("auto", "tmpfs", "volume", "efs")


class Model:
    """Shapes: "string", "integer", ...; ("list", shape), ("map", shape), or a struct:
    {"members": {name: shape}, "required": [name]}."""
    SIMPLE = {0: "string", 1: "number", 2: "boolean", 4: "timestamp", 15: "document",
              64: ("list", "string"), 65: ("list", "number"), 128: ("map", "string")}

    def __init__(self, sdk):
        with open(sdk + "/dist-cjs/index.js", encoding="utf-8") as file:
            text = file.read()
        self.names = dict(re.findall(r'^const (_\w+) = "([^"]*)";$', text, re.M))
        self.raw = dict(re.findall(r"^var (\w+\$?) = (\[[123], n0, .*?\n?\]);$", text,
                                   re.M | re.S))
        self.enums = self.read_enums(sdk + "/dist-types/models")
        self.shapes = {}

    def read_enums(self, directory):
        """(struct, member): words."""
        words, found = {}, {}
        with open(directory + "/enums.d.ts", encoding="utf-8") as file:
            for name, body in re.findall(r"export declare const (\w+): \{(.*?)\n\};",
                                         file.read(), re.S):
                words[name] = re.findall(r': "([^"]*)";', body)
        for models in ("models_0.d.ts", "models_1.d.ts"):
            with open(f"{directory}/{models}", encoding="utf-8") as file:
                for name, body in re.findall(r"export interface (\w+) \{(.*?)\n\}",
                                             file.read(), re.S):
                    for member, kind in re.findall(r"^    (\w+)\??: (\w+)", body, re.M):
                        if kind in words:
                            found[name, member] = words[kind]
        return found

    def parse(self, source):
        """The literal of a shape, as Python has it."""
        source = re.sub(r"\(\) => (\w+\$?)", r'"@\1"', source)
        source = re.sub(r"(\d+) \| (\d+)", lambda m: str(int(m[1]) | int(m[2])), source)
        source = re.sub(r"\b(n0|_\w+)\b",
                        lambda m: json.dumps(self.names.get(m[1], m[1])), source)
        source = re.sub(r"\{[^{}]*\}", "0", source)
        return json.loads(re.sub(r"\[\s*,", "[0,", source))

    def kind(self, value):
        value = value[0] if isinstance(value, list) else value  # with traits: [shape, 0]
        if isinstance(value, str) and value.startswith("@"):
            return self.shape(value[1:])
        return self.SIMPLE[value]

    def shape(self, name):
        if name not in self.shapes:
            self.shapes[name] = shape = {}
            found = self.parse(self.raw[name])
            if found[0] == 3:
                members = dict(zip(found[4], found[5]))
                count = found[6] if len(found) > 6 else 0
                shape.update(name=name.rstrip("$"), required=found[4][:count], members={
                    key: (lambda v=value: self.kind(v)) for key, value in members.items()})
            else:
                what = "list" if found[0] == 1 else "map"
                shape.update({what: lambda: self.kind(found[-1])})
        return self.shapes[name]

    def errors(self, value, shape, at=""):
        """Sentences on what RegisterTaskDefinition would not take."""
        if isinstance(shape, tuple):
            what, inner = shape
            shape = {what: lambda: inner}
        if isinstance(shape, str):
            kinds = {"string": str, "number": (int, float), "boolean": bool}
            good = isinstance(value, kinds.get(shape, object)) and \
                not (shape == "number" and isinstance(value, bool))
            return [] if good else [f"{at}: {value!r} is no {shape}"]
        if "list" in shape:
            if not isinstance(value, list):
                return [f"{at}: no list"]
            return [e for i, v in enumerate(value)
                    for e in self.errors(v, shape["list"](), f"{at}[{i}]")]
        if not isinstance(value, dict):
            return [f"{at}: no object"]
        if "map" in shape:
            return [e for k, v in value.items()
                    for e in self.errors(v, shape["map"](), f"{at}.{k}")]
        return self.struct_errors(value, shape, at)

    def struct_errors(self, value, shape, at):
        wrong = [f"{at}: no {name}" for name in shape["required"] if name not in value]
        for name, member in value.items():
            if name not in shape["members"]:
                wrong.append(f"{at}.{name}: not in the model")
                continue
            wrong += self.errors(member, shape["members"][name](), f"{at}.{name}")
            words = self.enums.get((shape["name"], name))
            if words and isinstance(member, str) and member not in words:
                wrong.append(f"{at}.{name}: {member!r} is none of {words}")
        return wrong

    def definition(self, value):
        return self.errors(value, self.shape("RegisterTaskDefinitionRequest$"))


# --- inventories ---

def run_record(container, number):
    return {"record": "run", "schema": "taskprobe.inventory/1", "id": f"{number:032x}",
            "method": "trace", "command": ["app"], "container": container,
            "started": "2026-01-31T12:00:00Z"}


def path_record(path, uid=0, size=100, in_image=False, lasts=False, executed=False):
    return {"record": "path", "path": path, "ops": {"create": {"written": 2}},
            "kind": "file", "in_image": in_image, "exists": lasts, "mount": "/",
            "executed": executed, "size": size, "processes": [
                {"exe": "/usr/bin/app", "uid": uid, "gid": uid, "count": 2}]}


def dir_record(path, entries=0, uid=0, mode=0o755, peak=1000):
    return {"record": "dir", "path": path, "entries": entries, "empty": entries == 0,
            "uid": uid, "gid": uid, "mode": mode, "peak_bytes": peak}


END = {"record": "end", "ended": "exit", "exit": 0, "coverage": {
    "events": 9, "unresolved": 0, "lost": 0, "blind_spots": []}}


def inventory(container, number=1):
    """Of each kind of thing that a plan has to deal with one."""
    return [run_record(container, number),
            path_record("/tmp/x", uid=101), path_record("/tmp/lib.so", executed=True),
            path_record("/var/lib/app/db", uid=101, size=10 ** 9, lasts=True),
            path_record("/var/cache/app/page", uid=101),
            path_record("/etc/app/app.conf", in_image=True, lasts=True),
            path_record("/shared/upload", lasts=True), dir_record("/shared"),
            path_record("/run/app.pid"), path_record("/srv/n\u00e4me $x/\"q\"/f"),
            dir_record("/", 20), dir_record("/tmp", mode=0o1777),
            dir_record("/var/lib/app", 3, uid=101, peak=10 ** 9),
            dir_record("/var/cache/app", uid=101), dir_record("/etc/app", 2),
            dir_record("/run", 1), dir_record("/srv/n\u00e4me $x/\"q\""), END]


# --- definitions ---

def described():
    """As DescribeTaskDefinition prints one, with members that nobody knows."""
    return {"taskDefinition": {
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:1:task-definition/f:3", "family": "f",
        "revision": 3, "status": "ACTIVE", "requiresAttributes": [{"name": "x"}],
        "compatibilities": ["EC2", "FARGATE"], "registeredAt": 1.5, "registeredBy": "me",
        "deregisteredAt": 2.5, "cpu": "256", "memory": "512", "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": {"operatingSystemFamily": "LINUX"},
        "volumes": [{"name": "data", "host": {}}],
        "containerDefinitions": [
            {"name": "app", "image": "a", "essential": True,
             "environment": [{"name": "A", "value": "b"}],
             "mountPoints": [{"sourceVolume": "data", "containerPath": "/data",
                              "readOnly": False}],
             "linuxParameters": {"initProcessEnabled": True,
                                 "tmpfs": [{"containerPath": "/cache", "size": 8}]}},
            {"name": "side", "image": "b", "volumesFrom": [], "mountPoints": []}]},
            "tags": [{"key": "k", "value": "v"}]}


def definitions():
    yield "described", described()
    yield "small", {"family": "f", "containerDefinitions": [{"name": "app", "image": "x"}]}
    many = [{"name": f"c{i}", "image": "x"} for i in range(99)]
    yield "of 100 containers", {"family": "f", "containerDefinitions":
                                many + [{"name": "app", "image": "x"}]}
    for name in sorted(os.listdir(TOP + "/examples")):
        if name.endswith(".json"):
            with open(f"{TOP}/examples/{name}", encoding="utf-8") as file:
                yield name, json.load(file)


def registrable(document):
    """What of a definition is to be registered."""
    inner = document.get("taskDefinition", document)
    plain = {k: v for k, v in inner.items() if k not in OUTPUT_ONLY}
    if document.get("tags") and "taskDefinition" in document:
        plain["tags"] = document["tags"]
    return plain


# --- what is asked of the result ---

def first_container(definition):
    names = [c["name"] for c in registrable(definition)["containerDefinitions"]]
    return "app" if "app" in names else names[0]


def strip(definition, container):
    """Without what a plan may add, in the same order."""
    plain = json.loads(json.dumps(definition))
    for c in plain["containerDefinitions"]:
        if c["name"] == container:
            for name in ("environment", "mountPoints", "linuxParameters",
                         "readonlyRootFilesystem"):
                c.pop(name, None)
    plain.pop("volumes", None)
    return json.dumps(plain)


def kept(before, after, at):
    """Sentences on what of 'before' is not in 'after' as it was."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [e for k in before for e in (
            kept(before[k], after[k], f"{at}.{k}") if k in after else [f"{at}.{k} is gone"])]
    if isinstance(before, list) and isinstance(after, list):
        return [e for i, v in enumerate(before) for e in (
            kept(v, after[i], f"{at}[{i}]") if i < len(after) else [f"{at}[{i}] is gone"])]
    if before == after or at.endswith(".readonlyRootFilesystem"):
        return []
    return [f"{at}: {before!r} became {after!r}"]


def doubles(definition):
    wrong = []
    for c in definition["containerDefinitions"]:
        paths = [m["containerPath"].rstrip("/") for m in c.get("mountPoints") or []] + [
            t["containerPath"].rstrip("/")
            for t in (c.get("linuxParameters") or {}).get("tmpfs") or []]
        names = [v["name"] for v in c.get("environment") or []]
        for what in (paths, names):
            wrong += [f"{c['name']}: {x} twice" for x in set(what) if what.count(x) > 1]
    volumes = [v["name"] for v in definition.get("volumes") or []]
    wrong += [f"volume {x} twice" for x in set(volumes) if volumes.count(x) > 1]
    wrong += [f"{c['name']}: no volume {m['sourceVolume']}"
              for c in definition["containerDefinitions"]
              for m in c.get("mountPoints") or [] if m["sourceVolume"] not in volumes]
    return wrong


def foreign_to_fargate(before, after):
    """New members that Fargate does not take."""
    old = [v["name"] for v in before.get("volumes") or []]
    return [f"volume {v['name']}: {k}" for v in after.get("volumes") or []
            if v["name"] not in old for k in v
            if k not in ("name", "efsVolumeConfiguration")]


class Runner:
    def __init__(self, binary, directory):
        self.binary, self.directory = binary, directory

    def write(self, name, content):
        path = f"{self.directory}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def inventory(self, name, records):
        return self.write(name, "".join(json.dumps(r) + "\n" for r in records))

    def plan(self, *words):
        done = subprocess.run([self.binary, "plan", *words], capture_output=True,
                              check=False, timeout=120, text=True)
        return done.returncode, done.stdout, done.stderr


def check_definition(runner, model, document, launch, prefer):
    """What is wrong with the patched definition."""
    container = first_container(document)
    before = registrable(document)
    words = [runner.inventory("inv", inventory(container)), "--task-definition",
             runner.write("def", json.dumps(document)), "--container", container,
             "--launch-type", launch, "--prefer", prefer]
    status, out, said = runner.plan(*words, "-f", "taskdef")
    if status not in (0, 1):
        return [f"status {status}: {said}"]
    after = json.loads(out)
    old = model.definition(before)
    wrong = [e for e in model.definition(after) if e not in old]
    wrong += kept(before, after, "") + doubles(after)
    if strip(before, container) != strip(after, container):
        wrong.append("what the plan does not need, or its order, is changed")
    if launch == "FARGATE":
        wrong += foreign_to_fargate(before, after)
    efs = [v for v in after.get("volumes", []) if "efsVolumeConfiguration" in v]
    if bool(efs) != (prefer == "efs" and launch != "EXTERNAL"):
        wrong.append(f"{len(efs)} EFS volumes")
    mine = [c for c in after["containerDefinitions"] if c["name"] == container][0]
    if mine.get("readonlyRootFilesystem") is not True:
        wrong.append("the root is not read-only")
    if runner.plan(*words, "-f", "taskdef")[1] != out:
        wrong.append("the same inventories give other bytes")
    status, out, said = runner.plan(*words, "-f", "taskdef", "--backout")
    if status != 0 or json.dumps(json.loads(out)) != json.dumps(before):
        wrong.append("the way back leads somewhere else")
    return wrong


def check_broken(model):
    """The validator can fail."""
    def with_tmpfs(tmpfs):
        return {"family": "f", "containerDefinitions": [
            {"name": "a", "linuxParameters": {"tmpfs": [tmpfs]}}]}
    broken = (
        with_tmpfs({"containerPath": "/t"}), with_tmpfs({"containerPath": 7, "size": 1}),
        with_tmpfs({"containerPath": "/t", "size": "1"}),
        with_tmpfs({"containerPath": "/t", "size": 1, "mountOptions": [1]}),
        with_tmpfs({"containerPath": "/t", "size": 1, "sizeMiB": 1}),
        {"family": "f"}, {"family": "f", "containerDefinitions": [], "revision": 3},
        {"family": "f", "containerDefinitions": [], "networkMode": "nat"},
        {"family": "f", "containerDefinitions": [], "volumes": [
            {"name": "v", "efsVolumeConfiguration": {}}]})
    return [f"taken: {b}" for b in broken if not model.definition(b)] + \
        model.definition(with_tmpfs({"containerPath": "/t", "size": 1}))


# --- fragments ---

def camel(value):
    """CloudFormation's names as the API has them."""
    special = {"EFSVolumeConfiguration": "efsVolumeConfiguration",
               "FilesystemId": "fileSystemId"}
    if isinstance(value, dict):
        return {special.get(k, k[0].lower() + k[1:]): camel(v) for k, v in value.items()}
    return [camel(v) for v in value] if isinstance(value, list) else value


def terraform(text):
    """The containers of our own fragment, which spells JSON with '=' for ':'."""
    body = text.split("jsonencode(", 1)[1].split("\n  ])\n", 1)[0] + "\n  ]"
    body = re.sub(r"^\s*#.*$", "", body, flags=re.M)
    body = re.sub(r"^(\s*|.*\{ |.*\", )(\w+) +=", r'\1"\2":', body, flags=re.M)
    body = re.sub(r', (\w+) = "', r', "\1": "', body)
    body = re.sub(r"(?<![,\[{\s])[ \t]*\n(?=\s*[\"{\[])", ",\n", body)
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", body))


def volume_names(text):
    return re.findall(r'volume \{\n    name = "([^"]*)"', text)


def check_fragments(runner, model, prefer):
    """Each says of the container and its volumes what the patched definition says."""
    words = [runner.inventory("inv", inventory("app")), "--task-definition", runner.write(
        "def", json.dumps({"family": "f", "containerDefinitions": [
            {"name": "app", "image": "x"}]})), "--prefer", prefer]
    after = json.loads(runner.plan(*words, "-f", "taskdef")[1])
    want = dict(after["containerDefinitions"][0])
    want.pop("image")
    hcl = runner.plan(*words, "-f", "terraform")[1]
    wrong = [] if terraform(hcl) == [want] else [f"terraform: {terraform(hcl)}"]
    if volume_names(hcl) != [v["name"] for v in after.get("volumes", [])]:
        wrong.append("terraform: other volumes")
    if yaml is None:
        return wrong
    cfn = camel(yaml.safe_load(runner.plan(*words, "-f", "cloudformation")[1]))
    if cfn["containerDefinitions"] != [want] or \
            cfn.get("volumes", []) != after.get("volumes", []):
        wrong.append(f"cloudformation: {cfn}")
    wrong += model.definition({"family": "f", **cfn})
    compose = yaml.safe_load(runner.plan(*words, "-f", "compose")[1])
    service = compose["services"]["app"]
    tmpfs = [t.split(":")[0] for t in service.get("tmpfs", [])]
    if service["read_only"] is not True or \
            tmpfs != [t["containerPath"] for t in
                      want.get("linuxParameters", {}).get("tmpfs", [])] or \
            [v["target"].replace("$$", "$") for v in service.get("volumes", [])] != \
            [m["containerPath"] for m in want.get("mountPoints", [])]:
        wrong.append(f"compose: {compose}")
    return wrong


# --- several containers, and bad input ---

def check_several(runner, model):
    document = described()
    words = [runner.inventory("a", inventory("app", 1)),
             runner.inventory("b", inventory("side", 2)),
             "--task-definition", runner.write("def", json.dumps(document))]
    after = json.loads(runner.plan(*words, "-f", "taskdef")[1])
    plan = json.loads(runner.plan(*words)[1])
    together = runner.inventory("c", inventory("app", 1) + inventory("side", 2))
    wrong = model.definition(after) + doubles(after)
    wrong += kept(registrable(document), after, "")
    if [c["container"] for c in plan["containers"]] != ["app", "side"]:
        wrong.append("not a plan for each")
    if plan["task_definition"] != after:
        wrong.append("the document has another definition")
    if json.loads(runner.plan(together, *words[2:])[1]) != plan:
        wrong.append("one file with both is another plan")
    reverse = runner.plan(words[1], words[0], *words[2:])[1]
    if reverse != runner.plan(*words)[1]:
        wrong.append("the order of files decides")
    return wrong


def bad_inputs(runner):
    """(what, words, status, what is said)"""
    good = runner.inventory("good", inventory("app"))
    nameless = [dict(r) for r in inventory("app", 2)]
    nameless[0].pop("container")
    none = runner.inventory("none", nameless)
    definition = runner.write("d", json.dumps(described()))
    with_definition = ["--task-definition", definition]
    yield "another container", [good, "--container", "side"], 3, "'app'"
    yield "not in the definition", [runner.inventory("o", inventory("other")),
                                    *with_definition], 3, "no container 'other'"
    yield "--container not in it", [none, "--container", "x", *with_definition], 3, \
        "no container 'x'"
    yield "which container", [none, *with_definition], 3, "--container NAME"
    yield "named and nameless", [good, none], 3, "--container NAME"
    yield "broken definition", [good, "--task-definition", runner.write("x", "{\n  \"a\": ")
                                ], 3, "line"
    yield "no definition", [good, "--task-definition", runner.write("x2", "[]")], 3, \
        "task definition"
    yield "an image's file", [good, "--task-definition", "/etc/passwd"], 3, "/etc/passwd"
    yield "no inventory", [definition], 3, "run"
    yield "a missing file", [good + "-"], 3, "good-"
    yield "a report that is none", [good, "--facts", definition], 3, "report"
    yield "no files", [], 2, "which inventories"
    yield "a launch type", [good, "--launch-type", "LAMBDA"], 2, "FARGATE"
    yield "taskdef of nothing", [good, "-f", "taskdef"], 2, "--task-definition"
    yield "backout of text", [good, "-f", "text", "--backout", *with_definition], 2, \
        "taskdef"


def check_bad(runner):
    wrong = []
    for what, words, status, part in bad_inputs(runner):
        got, out, said = runner.plan(*words)
        if got != status or part not in said or out:
            wrong.append(f"{what}: status {got}, said {said!r}")
    return wrong


def check_truncated(runner):
    records = inventory("app")[:-1]
    status, out, _ = runner.plan(runner.inventory("t", records), "-f", "text")
    wrong = [] if status in (0, 1) else [f"status {status}"]
    if "truncated" not in out.splitlines()[0]:
        wrong.append("not on the first line")
    plan = json.loads(runner.plan(runner.inventory("t", records))[1])
    if plan["truncated"] != 1 or not any("truncated" in r for r in plan["risks"]):
        wrong.append("not a risk")
    return wrong


def checks(runner, model):
    yield "the validator refuses what is broken", check_broken(model)
    for name, document in definitions():
        for launch in LAUNCH:
            for prefer in PREFER if name == "described" else PREFER[:1]:
                yield f"{name}, {launch}, {prefer}", check_definition(
                    runner, model, document, launch, prefer)
    for prefer in PREFER:
        yield f"fragments, {prefer}", check_fragments(runner, model, prefer)
    yield "several containers", check_several(runner, model)
    yield "bad input", check_bad(runner)
    yield "a truncated inventory", check_truncated(runner)


def main():
    if not os.path.exists(SDK + "/dist-cjs/index.js"):
        print("the AWS SDK's model is not in build/npm: ./dev test puts it there")
        return 77
    binary = os.environ.get("TASKPROBE", TOP + "/build/dev/taskprobe")
    with open(SDK + "/package.json", encoding="utf-8") as file:
        package = json.load(file)
    print(f"the model of {package['name']} {package['version']}"
          + ("" if yaml else "; no python3-yaml: fragments of YAML are not read"))
    model = Model(SDK)
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="taskprobe-model-") as directory:
        for what, wrong in checks(Runner(os.path.realpath(binary), directory), model):
            passed, failed = passed + (not wrong), failed + bool(wrong)
            print(f"{'FAIL' if wrong else 'ok  '} {what}", *wrong[:8], sep="\n     "
                  if wrong else " ")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
