# SPDX-License-Identifier: MIT
"""An entrypoint that renders a file in the midst of the image's own: /etc/app.conf, and
a script beside the program, which it then runs."""
from apps.box import App
from lab.roots import File

ENTRYPOINT = """#!/bin/sh
set -e
envsubst </etc/app.conf.template >/etc/app.conf
sed "s/@NAME@/$NAME/" /opt/app/start.in >/opt/app/start
chmod +x /opt/app/start
exec /opt/app/start
"""
START = """#!/bin/sh
. /etc/app.conf
mkdir -p /run/app
echo "$GREETING @NAME@" >/run/app/greeting.new
mv /run/app/greeting.new /run/app/greeting
trap 'rm -f /run/app/greeting; exit 0' TERM
trap 'echo reloaded >>/run/app/greeting' HUP
while :; do sleep 1 & wait $!; done
"""


def smoke(box, times):
    box.until("test -s /run/app/greeting")
    for _ in range(times):
        box.want("cat /run/app/greeting", "hello world")
    box.want("cat /etc/app.conf", "GREETING=hello")


def reload(box):
    box.until("test -s /run/app/greeting")
    box.send(1)
    box.until("grep -q reloaded /run/app/greeting")


APPS = [App("render", ["gettext-base"], ["/entrypoint"], smoke, more=reload,
            users={"0": "",
                   "1000": "mkdir /run/app; touch /etc/app.conf; touch /opt/app/start\n"
                           "chown -R 1000:1000 /run/app /etc/app.conf /opt/app"},
            files={"/entrypoint": File(ENTRYPOINT, mode=0o755),
                   "/etc/app.conf.template": File("GREETING=$WORD\n"),
                   "/opt/app/start.in": File(START)},
            environment={"NAME": "world", "WORD": "hello"})]
