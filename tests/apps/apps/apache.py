# SPDX-License-Identifier: MIT
"""apache2 with php-fpm behind it: sessions, uploads, locks, logs that are rotated."""
import signal

from apps.box import App
from lab.roots import File

ENTRYPOINT = """#!/bin/sh
set -e
. /etc/apache2/envvars
mkdir -p "$APACHE_RUN_DIR" "$APACHE_LOCK_DIR" /run/php
php-fpm8.2 --daemonize
exec apache2 -DFOREGROUND
"""
PAGE = """<?php
session_start();
$_SESSION["count"] = ($_SESSION["count"] ?? 0) + 1;
if (isset($_FILES["file"])) {
	move_uploaded_file($_FILES["file"]["tmp_name"], "/srv/uploads/" . basename($_POST["name"]));
	echo "stored ", filesize("/srv/uploads/" . basename($_POST["name"])), " ";
}
$lock = fopen(sys_get_temp_dir() . "/lock", "c");
flock($lock, LOCK_EX);
echo "count ", $_SESSION["count"];
"""
SITE = """
Listen 127.0.0.1:8080
<VirtualHost *:8080>
	DocumentRoot /srv/www
	<Directory /srv/www>
		Require all granted
	</Directory>
	ErrorLog ${APACHE_LOG_DIR}/error.log
	CustomLog ${APACHE_LOG_DIR}/access.log combined
</VirtualHost>
"""
READY = "curl -fsS http://127.0.0.1:8080/page"


def smoke(box, times):
    box.until(READY)
    url = "http://127.0.0.1:8080/index.php"
    box.until(f"curl -fsS {url}")
    cookie = box.sh(f"curl -fsS -D- -o /dev/null {url} | sed -n 's/^Set-Cookie: "
                    "\\([^;]*\\).*/\\1/p'").strip()
    box.want(f"curl -fsS -b {cookie} {url}", "count 2")
    for i in range(times):
        box.want(f"head -c 300000 /dev/zero | curl -fsS -F name=f{i} -F file=@- {url}",
                 "stored 300000")
    box.want(READY, "hello")
    log = "/var/log/apache2/access.log"
    box.sh(f"test -s {log} && mv {log} {log}.1")
    box.send(signal.SIGUSR1)
    box.until(f"{READY} && test -s {log}")


def reload(box):
    box.until(READY)
    box.send(signal.SIGUSR1)
    box.until(READY)


OWNED = """
mkdir -p /run/php
chown -R www-data:www-data /srv/uploads /var/log/apache2 /run/php
mkdir -p /run/apache2 /run/lock/apache2
chown www-data:www-data /run/apache2 /run/lock/apache2
sed -i 's|^error_log.*|error_log = /dev/stderr|' /etc/php/8.2/fpm/php-fpm.conf
"""
APPS = [App("apache-php-fpm", ["apache2", "php8.2-fpm"], ["/entrypoint"], smoke,
            more=reload, stop=signal.SIGWINCH,
            users={"0": "chown www-data:www-data /srv/uploads", "www-data": OWNED},
            setup="a2enmod -q proxy_fcgi setenvif; a2enconf -q php8.2-fpm\n"
                  "echo >/etc/apache2/ports.conf",
            files={"/entrypoint": File(ENTRYPOINT, mode=0o755),
                   "/etc/apache2/sites-enabled/000-default.conf": File(SITE),
                   "/srv/www/index.php": File(PAGE), "/srv/www/page": File("hello\n"),
                   "/srv/uploads": File(directory=True, mode=0o755)})]
