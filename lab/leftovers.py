# SPDX-License-Identifier: MIT
"""Every running task has a note in one directory, locked by its keeper. A note that
nobody locks belongs to a keeper that was killed: what it left is removed."""
import contextlib
import fcntl
import json
import os
import shutil
import signal
import time

from lab import cgroups, linux

NOTES = "/run/taskprobe-lab"


def open_note(task_id, note):
    """Writes the note and locks it for as long as this process lives. It gets its name
    only then: an unlocked note is one that a keeper left. Its descriptor."""
    for _ in range(10):
        try:
            os.makedirs(NOTES, mode=0o700, exist_ok=True)
            descriptor = os.open(f"{NOTES}/.{task_id}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
                                 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            write_note(descriptor, note)
            os.rename(f"{NOTES}/.{task_id}", f"{NOTES}/{task_id}")
            return descriptor
        except FileNotFoundError:  # the last task but this one took the directory away
            continue
    raise OSError(f"cannot write {NOTES}")


def write_note(descriptor, note):
    data = json.dumps(note).encode()
    os.pwrite(descriptor, data, 0)
    os.ftruncate(descriptor, len(data))


def remove_note(task_id):
    with contextlib.suppress(OSError):
        os.unlink(f"{NOTES}/{task_id}")
    with contextlib.suppress(OSError):
        os.rmdir(NOTES)


def clean():
    """Removes what killed keepers left. Returns the ids of their tasks."""
    found = []
    notes = os.listdir(NOTES) if os.path.isdir(NOTES) else []
    for task_id in [name for name in notes if not name.startswith(".")]:
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            descriptor = os.open(f"{NOTES}/{task_id}", os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _clean_one(task_id, os.read(descriptor, 1 << 20))
                remove_note(task_id)
                found.append(task_id)
            finally:
                os.close(descriptor)
    return found


def _clean_one(task_id, data):
    note = json.loads(data) if data else {}
    path = f"/ecs/{task_id}"
    cgroups.kill(path)
    for pid, ticks in note.get("processes", []):
        if linux.start_ticks(pid) == ticks:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    cgroups.remove(path)
    state = note.get("state")
    if state and os.path.isdir(state):
        _remove_tree(state)


def _remove_tree(directory):
    """The mounts in it end with the last process that had them in sight."""
    for _ in range(50):
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.exists(directory):
            return
        time.sleep(0.02)
