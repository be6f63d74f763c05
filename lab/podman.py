# SPDX-License-Identifier: MIT
"""Containers started by podman from flags, in a storage of their own: a second opinion
beside our own bundles.

    with Podman() as podman:
        podman.load("app", roots.busybox().with_config(User="1000"))
        podman.run("one", "app", ["--read-only", "--cap-drop=ALL"], ["sleep", "99"])
        podman.wait("one"), podman.logs("one"), podman.pid("one")

Everything lies below one directory and is gone at the end of the block.
"""
import contextlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time

from lab import capabilities, cgroups, linux

CONTAINERS = """[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
netns = "host"
log_driver = "k8s-file"
default_capabilities = [{capabilities}]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
"""
STORAGE = """[storage]
driver = "{driver}"
graphroot = "{place}/storage"
runroot = "{place}/run"
"""


class PodmanError(Exception):
    pass


class Podman:
    def __init__(self):
        self.directory = None
        self.environment = None
        self.ids = []

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="taskprobe-lab-podman-", dir="/var/tmp")
        kind = subprocess.run(["stat", "-f", "-c", "%T", self.directory], check=True,
                              capture_output=True, text=True).stdout.strip()
        driver = "vfs" if kind == "overlayfs" else "overlay"  # no overlay on an overlay
        values = {"driver": driver, "place": self.directory, "capabilities":
                  ", ".join(f'"CAP_{name}"' for name in capabilities.DOCKER_DEFAULT)}
        for name, text in (("containers.conf", CONTAINERS.format(**values)),
                           ("storage.conf", STORAGE.format(**values)),
                           ("registries.conf", "unqualified-search-registries = []\n")):
            with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        self.environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.directory,
            "CONTAINERS_CONF": self.directory + "/containers.conf",
            "CONTAINERS_STORAGE_CONF": self.directory + "/storage.conf",
            "CONTAINERS_REGISTRIES_CONF": self.directory + "/registries.conf",
            "TMPDIR": self.directory, "XDG_RUNTIME_DIR": self.directory + "/run"}
        return self

    def __exit__(self, *_):
        # One that others' namespaces hang on goes only after them.
        for _ in range(5):
            self("rm", "--all", "--force", "--time=0", check=False)
            if not self("ps", "--all", "--quiet", check=False).strip():
                break
        for name in self.ids:
            cgroups.kill("/libpod_parent/libpod-" + name)
        self._await_others()
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            places = [line.split()[4] for line in file]
        for place in sorted(places, reverse=True):
            if place.startswith(self.directory + "/"):
                linux.umount(place)
        shutil.rmtree(self.directory, ignore_errors=True)
        self._remove_groups()

    def _remove_groups(self):
        """Ours; and the ones above them where no other podman uses them."""
        for name in self.ids:
            cgroups.remove("/libpod_parent/libpod-" + name)
        for place in cgroups.hierarchies():
            for name in ("/libpod_parent/conmon", "/libpod_parent"):
                with contextlib.suppress(OSError):
                    os.rmdir(place + name)

    def _await_others(self, seconds=20):
        """Each container's monitor runs a podman of its own at the end, which mounts the
        storage once more."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(
                self.directory in line for line in _command_lines()):
            time.sleep(0.02)

    def _words(self, *words):
        return ["podman", f"--root={self.directory}/storage",
                f"--runroot={self.directory}/run", f"--tmpdir={self.directory}/tmp",
                *words]

    def __call__(self, *words, check=True, seconds=120):
        """Any podman command: its output. PodmanError says what podman said."""
        done = subprocess.run(self._words(*words), env=self.environment, text=True,
                              capture_output=True, errors="surrogateescape",
                              timeout=seconds, stdin=subprocess.DEVNULL, check=False)
        if check and done.returncode != 0:
            raise PodmanError(f"podman {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def load(self, name, image):
        """Makes a lab image known to podman, its configuration included."""
        archive = f"{self.directory}/{name}.tar"
        with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
            _add_layers(tar, image.layers)
        changes = []
        for key, value in image.config.items():
            lines = {"Env": [f"ENV {pair}" for pair in value] if key == "Env" else [],
                     "Volumes": [f"VOLUME {path}" for path in value]
                     if key == "Volumes" else [],
                     "User": [f"USER {value}"], "WorkingDir": [f"WORKDIR {value}"],
                     "Entrypoint": ["ENTRYPOINT " + json.dumps(value)],
                     "Cmd": ["CMD " + json.dumps(value)]}[key]
            changes += [f"--change={line}" for line in lines]
        self("import", "--quiet", *changes, archive, f"localhost/{name}:latest")
        os.unlink(archive)

    def load_archive(self, path):
        """An image saved by podman or docker. Its name."""
        return self("load", "--quiet", "--input", path).split()[-1]

    def run(self, name, image, flags=(), command=()):
        """Starts it in the background. Its id. podman's own habit of mounting tmpfs on
        a read-only root's /tmp, /run and /var/tmp is switched off: Docker has it not."""
        done = self("run", "--detach", f"--name={name}", "--pull=never",
                    "--read-only-tmpfs=false", *flags, f"localhost/{image}:latest"
                    if "/" not in image else image, *command).strip()
        self.ids.append(done)
        return done

    def wait(self, name):
        return int(self("wait", name))

    def logs(self, name):
        return self("logs", name)

    def inspect(self, name, template):
        return self("inspect", "--format", template, name).strip()

    def pid(self, name):
        return int(self.inspect(name, "{{.State.Pid}}"))


def _command_lines():
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/cmdline", encoding="utf-8",
                          errors="replace") as file:
                    yield file.read()


def _add_layers(tar, layers):
    """Each path once: of the topmost layer that has it."""
    seen = set()
    for layer in layers:
        for directory, names, files in os.walk(layer):
            for path in [directory] + [os.path.join(directory, n) for n in names + files]:
                name = os.path.relpath(path, layer)
                if name not in seen:
                    seen.add(name)
                    tar.add(path, arcname="./" + name, recursive=False)
