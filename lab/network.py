# SPDX-License-Identifier: MIT
"""The network of a task: a namespace without a way out.

The lab's keeper lives in it. awsvpc: the containers share it, with an address of the
task on a veth whose other end goes nowhere. bridge: each container has one of its own
and a veth to the task's. host: the machine's. none: a namespace with lo alone.
"""
import subprocess

from lab import linux

METADATA = "169.254.170.2"
TASK_ADDRESS = "10.0.1.17"
BRIDGE = "172.17.0."


def _ip(lines, prefix=()):
    subprocess.run([*prefix, "ip", "-batch", "-"], input="\n".join(lines) + "\n",
                   text=True, check=True, capture_output=True)


def enter(mode):
    """Moves this process into the task's network. Returns the task's address."""
    if mode == "host":
        return None
    linux.unshare(linux.CLONE_NEWNET)
    lines = ["link set lo up", f"address add {METADATA}/32 dev lo"]
    if mode == "awsvpc":
        lines += ["link add eth0 type veth peer name gateway",
                  f"address add {TASK_ADDRESS}/24 dev eth0",
                  "link set eth0 up", "link set gateway up"]
    _ip(lines)
    return TASK_ADDRESS if mode == "awsvpc" else None


def connect(number, pid):
    """bridge: a veth from the task's namespace into that of `pid`. Its address."""
    address, link = f"{BRIDGE}{number + 1}", f"veth{number}"
    _ip([f"link add {link} type veth peer name eth0 netns {pid}",
         f"address add {BRIDGE}1/32 dev {link}", f"link set {link} up",
         f"route add {address}/32 dev {link}"])
    _ip(["link set lo up", "link set eth0 up", f"address add {address}/32 dev eth0",
         f"route add {BRIDGE}1/32 dev eth0", f"route add default via {BRIDGE}1"],
        prefix=("nsenter", "-t", str(pid), "-n"))
    return address
