# SPDX-License-Identifier: MIT
"""mariadb behind an entrypoint that makes the database where there is none."""
import signal

from apps.box import App
from lab.roots import File

ENTRYPOINT = """#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
	chown -R mysql:mysql /var/lib/mysql /run/mysqld
	exec setpriv --reuid=mysql --regid=mysql --clear-groups "$0" "$@"
fi
if [ ! -d /var/lib/mysql/mysql ]; then
	mariadb-install-db --auth-root-authentication-method=normal --skip-test-db >/dev/null
fi
exec mariadbd "$@"
"""
SQL = "mariadb -u root -N"
READY = f"{SQL} -e 'select 1'"
LOG = "/var/log/mysql/error.log"


def smoke(box, times):
    box.until(READY)
    rows = 2000 * times
    box.sh(f"""{SQL} <<'END'
create database if not exists d; use d;
drop table if exists t; drop table if exists m;
create table t (a int primary key, b varchar(200)) engine=InnoDB;
insert into t select seq, repeat('x', 150) from seq_1_to_{rows};
create table m (a int, b text) engine=Aria;
insert into m select a, b from t;
set session tmp_table_size = 1024, max_heap_table_size = 16384, sort_buffer_size = 32768;
select count(*) from (select distinct b, a from t order by b desc, a desc limit {rows}) s;
alter table t add index (b), algorithm=copy;
optimize table m;
END""")
    box.want(f"{SQL} -e 'select count(*) from d.t'", rows)
    box.sh(f"test -s {LOG} && mv {LOG} {LOG}.1; mariadb-admin -u root flush-logs")
    box.until(f"test -e {LOG}")


def reload(box):
    box.until(READY)
    box.sh("mariadb-admin -u root reload")
    box.sh(f"{SQL} -e 'set global max_connections = 50; flush tables; flush logs'")


APPS = [App("mariadb", ["mariadb-server"],
            ["/entrypoint", f"--log-error={LOG}", "--log-bin=/var/lib/mysql/bin",
             "--innodb-buffer-pool-size=32M"],
            smoke, more=reload, users={"0": "", "mysql": ""},
            setup="rm -rf /var/lib/mysql; install -d -o mysql -g mysql -m 755 "
                  "/var/lib/mysql /run/mysqld\n"
                  "install -d -o mysql -g adm -m 2750 /var/log/mysql\n"
                  "rm -f /var/log/mysql/*",
            files={"/entrypoint": File(ENTRYPOINT, mode=0o755)}, stop=signal.SIGTERM)]
