# SPDX-License-Identifier: MIT
"""The lines of a Dockerfile that a plan may have, applied to an image."""
import json
import shlex

from apps import image as images


def instruction(line):
    """("RUN", the rest as text, the rest as a list or None)"""
    word, _, rest = line.replace("\\\n", " ").strip().partition(" ")
    rest = rest.strip()
    try:
        value = json.loads(rest) if rest.startswith("[") else None
    except ValueError:
        value = None
    return word.upper(), rest, value


def apply(image, lines, directory):
    """The image after the lines. Layers go to `directory`-1, -2 ..."""
    user = image.config.get("User") or "0"
    start = user
    for number, line in enumerate(lines, 1):
        word, rest, value = instruction(line)
        if word == "RUN":
            image = images.run(image, value or ["/bin/sh", "-c", rest],
                               f"{directory}-{number}", user)
        elif word == "VOLUME":
            more = value or shlex.split(rest)
            volumes = [*(image.config.get("Volumes") or []), *more]
            image = image.with_config(Volumes=volumes)
        elif word == "ENV":
            image = image.with_config(Env=[*(image.config.get("Env") or []), *_env(rest)])
        elif word == "USER":
            user = rest
        elif word and not word.startswith("#"):
            raise images.Failed(f"no such instruction here: {line!r}")
    return image.with_config(User=user if user != start else image.config.get("User"))


def _env(rest):
    words = shlex.split(rest)
    if all("=" in word for word in words):
        return words
    name, _, value = rest.partition(" ")
    return [f"{name}={value.strip()}"]
