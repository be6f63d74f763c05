# SPDX-License-Identifier: MIT
"""squid with a cache on disk; varnish, which compiles its configuration and loads what
comes of it."""
import signal

from apps.box import App
from lab.roots import File

BACKEND = """python3 - >/dev/null 2>&1 <<'END' &
import http.server, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"x" * 100000)
http.server.ThreadingHTTPServer(("127.0.0.1", 8081), Handler).serve_forever()
END
for i in $(seq 100); do
	curl -fsS -o /dev/null http://127.0.0.1:8081/ 2>/dev/null && exit 0; sleep 0.1
done; exit 1"""


def backend(box):
    if box.try_sh("curl -fsS -o /dev/null http://127.0.0.1:8081/")[0] != 0:
        box.sh(BACKEND)


def squid(box, times):
    backend(box)
    get = "curl -fsS -o /dev/null -D- -x http://127.0.0.1:3128 http://127.0.0.1:8081"
    box.until(get + "/first")
    box.sh(f"for i in $(seq 0 {10 * times}); do {get}/page$i || exit 1; done")
    box.want(f"{get}/page0", "HIT from")
    box.until("test -s /var/log/squid/access.log")
    box.send(signal.SIGUSR1)
    box.until("test -e /var/log/squid/access.log.0")


def squid_reload(box):
    box.until("curl -sS -o /dev/null http://127.0.0.1:3128/")
    box.send(signal.SIGHUP)


SQUID = """
http_port 127.0.0.1:3128
http_access allow all
visible_hostname squid
cache_mem 1 MB
maximum_object_size_in_memory 8 KB
cache_dir ufs /var/spool/squid 100 16 16
coredump_dir /var/spool/squid
logfile_rotate 3
shutdown_lifetime 1 seconds
dns_nameservers 127.0.0.1
"""
SQUID_ENTRYPOINT = """#!/bin/sh
set -e
squid -z -N
exec squid -N
"""


def varnish(box, times):
    backend(box)
    get = "curl -fsS -o /dev/null -D- http://127.0.0.1:8080"
    box.until(get + "/first")
    box.sh(f"for i in $(seq 0 {5 * times}); do {get}/page$i || exit 1; done")
    box.want(f"{get}/page0", "Age:")
    box.want("varnishadm status", "running")


def varnish_reload(box):
    box.until("varnishadm ping")
    box.sh("varnishadm vcl.load new$$ /etc/varnish/app.vcl && varnishadm vcl.list")


VCL = 'vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "8081"; }\n'
APPS = [
    App("squid", ["squid"], ["/entrypoint"], squid, more=squid_reload,
        users={"0": "", "proxy": "sed -i '$apid_filename /run/squid/squid.pid' "
                                 "/etc/squid/squid.conf\n"
                                 "install -d -o proxy -g proxy /run/squid"},
        files={"/etc/squid/squid.conf": File(SQUID),
               "/entrypoint": File(SQUID_ENTRYPOINT, mode=0o755)}),
    App("varnish", ["varnish"],
        ["varnishd", "-F", "-f", "/etc/varnish/app.vcl", "-a", "127.0.0.1:8080",
         "-s", "malloc,64m"], varnish, more=varnish_reload,
        users={"0": "", "vcache": "chown vcache /var/lib/varnish"},
        files={"/etc/varnish/app.vcl": File(VCL)}),
]
