# SPDX-License-Identifier: MIT
"""haproxy with a control socket, a file of its servers' state and a backend in itself."""
import signal

from apps.box import App
from lab.roots import File

CONFIGURATION = """
global
	chroot /var/lib/haproxy
	stats socket /run/haproxy/admin.sock mode 660 level admin
	server-state-base /var/lib/haproxy/state
	server-state-file all
	pidfile /run/haproxy.pid
	maxconn 100
defaults
	mode http
	timeout connect 5s
	timeout client 5s
	timeout server 5s
	load-server-state-from-file global
frontend web
	bind 127.0.0.1:8080
	default_backend inside
backend inside
	server one 127.0.0.1:8081 check inter 100ms
frontend one
	bind 127.0.0.1:8081
	http-request return status 200 content-type text/plain string "hello"
frontend two
	bind unix@/run/haproxy/two.sock mode 666
	http-request return status 200 content-type text/plain string "hello"
"""
ASK = """python3 -c '
import socket
s = socket.socket(socket.AF_UNIX); s.connect("/run/haproxy/admin.sock")
s.sendall(b"%s\\n"); print(s.makefile().read())'"""
READY = "curl -fsS http://127.0.0.1:8080/"


def smoke(box, times):
    box.until(READY)
    box.want(f"for i in $(seq {20 * times}); do {READY} || exit 1; done", "hello")
    box.want(ASK % "show info", "Name: HAProxy")
    box.want("curl -fsS --unix-socket /run/haproxy/two.sock http://localhost/", "hello")


def reload(box):
    box.until(READY)
    box.send(signal.SIGUSR2)
    box.until(READY)
    box.until(ASK % "show info")


COMMAND = ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]
RUN = "install -d -o haproxy -g haproxy -m 2775 /run/haproxy /var/lib/haproxy/state\n"
APPS = [App("haproxy", ["haproxy"], COMMAND, smoke, more=reload, stop=signal.SIGUSR1,
            init=True,
            users={"0": RUN + "sed -i 's/^global/&\\n user haproxy\\n group haproxy/' "
                              "/etc/haproxy/haproxy.cfg",
                   "haproxy": RUN + "sed -i '/chroot/d; s|/run/haproxy.pid|"
                                    "/run/haproxy/pid|' /etc/haproxy/haproxy.cfg"},
            files={"/etc/haproxy/haproxy.cfg": File(CONFIGURATION)})]
