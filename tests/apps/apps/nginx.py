# SPDX-License-Identifier: MIT
"""nginx: static files, bodies that go to a file, a proxy with a cache, logs that are
rotated; and an entrypoint that renders its configuration."""
import signal
import time

from apps.box import App
from lab.roots import File

SITE = """
proxy_cache_path /var/cache/nginx/pages keys_zone=pages:1m;
server {
	listen 8080;
	client_body_buffer_size 1k;
	client_max_body_size 100m;
	location / { root /srv/www; }
	location /cached/ {
		proxy_pass http://127.0.0.1:8081/;
		proxy_cache pages;
		proxy_cache_valid 200 10m;
		add_header X-Cache $upstream_cache_status;
	}
	location /slow/ {
		proxy_pass http://127.0.0.1:8081/;
		proxy_buffers 2 4k; proxy_buffer_size 4k; proxy_busy_buffers_size 4k;
	}
}
server { listen 8081; client_body_buffer_size 1k; client_max_body_size 100m;
	location / { root /srv/www; error_page 405 =200 $uri; } }
"""
# As images that run as another user have it.
UNPRIVILEGED = """
sed -i 's|^pid .*|pid /tmp/nginx.pid;|; /^user /d' /etc/nginx/nginx.conf
chown -R www-data:www-data /var/lib/nginx /var/log/nginx /var/cache/nginx
"""
READY = "curl -fsS http://127.0.0.1:8080/page"


def smoke(box, times):
    box.until(READY)
    box.want("curl -fsS http://127.0.0.1:8080/page", "hello")
    now = time.time_ns()
    for i in range(times):
        box.want(f"curl -fsS -D- http://127.0.0.1:8080/cached/page?{i}.{now}",
                 "X-Cache: MISS")
    box.sh("curl -fsS http://127.0.0.1:8080/cached/page?same")
    box.want("curl -fsS -D- http://127.0.0.1:8080/cached/page?same", "X-Cache: HIT")
    size = 300000 * times
    box.want(f"head -c {size} /dev/zero | curl -fsS --data-binary @- "
             "http://127.0.0.1:8080/slow/page", "hello")
    box.want("curl -fsS --limit-rate 20M http://127.0.0.1:8080/slow/large | wc -c", 2000000)
    rotate(box)


def rotate(box):
    log = "/var/log/nginx/access.log"
    box.sh(f"test -s {log} && mv {log} {log}.1")
    box.send(signal.SIGUSR1)
    box.until(f"test -e {log}")
    box.sh(READY)
    box.until(f"grep -q page {log}")


def reload(box):
    box.until(READY)
    box.send(signal.SIGHUP)
    box.until(READY)


TEMPLATE = """
server { listen ${PORT}; location / { root /srv/www; } }
server { listen 8080; location / { return 200 "${GREETING}\\n"; } }
"""
ENTRYPOINT = """#!/bin/sh
set -e
for template in /etc/nginx/templates/*.template; do
	envsubst '$PORT $GREETING' <"$template" \\
		>"/etc/nginx/conf.d/$(basename "$template" .template)"
done
exec "$@"
"""


def rendered(box, times):
    box.until("curl -fsS http://127.0.0.1:8099/page")
    for _ in range(times):
        box.want("curl -fsS http://127.0.0.1:8099/page", "hello")
        box.want("curl -fsS http://127.0.0.1:8080/", "rendered")


def rendered_reload(box):
    box.until("curl -fsS http://127.0.0.1:8099/page")
    box.send(signal.SIGHUP)


CONTENT = {"/srv/www/page": File("hello\n"), "/srv/www/large": File(b"x" * 2000000)}
NGINX = ["nginx", "-g", "daemon off;"]

APPS = [
    App("nginx", ["nginx-light"], NGINX, smoke, more=reload,
        users={"0": "", "www-data": UNPRIVILEGED},
        files={"/etc/nginx/sites-enabled/default": File(SITE),
               "/var/cache/nginx": File(directory=True, mode=0o755), **CONTENT}),
    App("envsubst", ["nginx-light", "gettext-base"], ["/entrypoint", *NGINX], rendered,
        users={"0": "", "www-data": "mkdir /var/cache/nginx\n" + UNPRIVILEGED
                                    + "chown www-data /etc/nginx/conf.d\n"},
        setup="rm /etc/nginx/sites-enabled/default", more=rendered_reload,
        files={"/etc/nginx/templates/site.conf.template": File(TEMPLATE),
               "/entrypoint": File(ENTRYPOINT, mode=0o755), **CONTENT},
        environment={"PORT": "8099", "GREETING": "rendered"}),
]
