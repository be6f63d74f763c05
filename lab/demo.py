# SPDX-License-Identifier: MIT
"""What `./dev run` shows: a task of three real containers and the sidecar's report.

Nothing in it is staged by lying to the sidecar: it gets the definition that the
containers are started from. `web` has no readonlyRootFilesystem (failed); its image,
not the definition, says which user it is (undeclared) and carries an access key
(contradicted); `api` keeps all that it promises (confirmed).
"""
import argparse
import json
import os
import sys
import time

from lab import roots
from lab.task import LabError, Task

HERE = os.path.dirname(os.path.abspath(__file__))
SERVE = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"]


def images(binary):
    app = roots.busybox().with_config(Entrypoint=SERVE, Cmd=[])
    key = "AWS_SECRET_ACCESS_KEY=left-in-the-Dockerfile"
    env = app.config["Env"] + [key]
    return {"web": app.with_config(User="1000", Env=env), "api": app,
            "taskprobe": roots.binary(binary)}


def run(options):
    with open(options.definition, encoding="utf-8") as file:
        text = file.read()
    definition = json.loads(text)
    parameter = "arn:aws:ssm:eu-central-1:111122223333:parameter/shop/taskdef"
    started = time.monotonic()
    with Task(definition, flavour="fargate", images=images(options.taskprobe),
              secrets_values={parameter: text}) as task:
        names = [c["name"] for c in definition["containerDefinitions"]]
        say(f"started {', '.join(names)} in {time.monotonic() - started:.1f} s; "
            f"{options.sidecar} looks at the others, as uid "
            f"{task.status(options.sidecar)['uid']} and without a capability")
        status = task.wait(options.sidecar, 120)
        sys.stdout.write(task.stdout(options.sidecar))
        sys.stdout.flush()
        sys.stderr.write(task.stderr(options.sidecar))
    say(f"the sidecar ended with status {status}"
        f"{' (findings)' if status == 1 else ''}; all containers are gone")
    return 0 if status in (0, 1) else 1


def say(text):
    print(f"lab: {text}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(prog="python3 -m lab.demo", description=__doc__)
    parser.add_argument("--taskprobe", required=True, help="the binary")
    parser.add_argument("--sidecar", default="taskprobe", help="its container")
    parser.add_argument("definition", nargs="?", default=os.path.join(HERE, "demo.json"))
    try:
        return run(parser.parse_args())
    except (LabError, OSError, ValueError) as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
