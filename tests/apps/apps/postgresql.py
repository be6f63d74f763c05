# SPDX-License-Identifier: MIT
"""postgresql behind an entrypoint that makes the database where there is none, and that
gives up root where it has it."""
import signal

from apps.box import App
from lab.roots import File

ENTRYPOINT = """#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$PGDATA" /run/postgresql
	chown -R postgres:postgres "$PGDATA" /run/postgresql
	chmod 700 "$PGDATA"
	exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	initdb --no-sync -A trust -U postgres >/dev/null
	echo "log_directory = '/var/log/postgresql'" >>"$PGDATA/postgresql.conf"
	echo "logging_collector = on" >>"$PGDATA/postgresql.conf"
	echo "log_filename = 'server.log'" >>"$PGDATA/postgresql.conf"
fi
exec postgres "$@"
"""
SQL = "psql -h /run/postgresql -U postgres -qtAX -v ON_ERROR_STOP=1"
READY = f"{SQL} -c 'select 1'"
ROWS = 20000
LOG = "/var/log/postgresql/server.log"


def smoke(box, times):
    box.until(READY)
    rows = ROWS * times
    box.sh(f"""{SQL} <<'END'
drop table if exists t;
create table t (a int primary key, b text);
insert into t select i, repeat('x', 100) from generate_series(1, {rows}) i;
create index on t (b, a);
set work_mem = '64kB';
select count(*) from (select * from t order by b desc, a desc) s;
copy t to '/tmp/copied';
vacuum full t;
checkpoint;
select pg_switch_wal();
END""")
    box.want(f"{SQL} -c 'select count(*) from t'", rows)
    box.sh(f"mv {LOG} {LOG}.1; {SQL} -c 'select pg_rotate_logfile()'")
    box.until(f"{SQL} -c 'select x' 2>/dev/null; test -s {LOG}")


def reload(box):
    box.until(READY)
    box.want(f"{SQL} -c 'select count(*) > 0 from pg_class'", "t")
    box.sh(f"{SQL} -c \"alter system set work_mem = '1MB'\" -c 'select pg_reload_conf()'")


APPS = [App("postgresql", ["postgresql-15"], ["/entrypoint"], smoke, more=reload,
            users={"0": "", "postgres": ""},
            before="mkdir -p /etc/postgresql-common; echo create_main_cluster=false "
                   ">/etc/postgresql-common/createcluster.conf",
            setup="install -d -o postgres -g postgres -m 2775 /run/postgresql\n"
                  "install -d -o postgres -g postgres -m 1775 /var/log/postgresql",
            files={"/entrypoint": File(ENTRYPOINT, mode=0o755)},
            environment={"PGDATA": "/var/lib/postgresql/data"}, stop=signal.SIGINT)]
