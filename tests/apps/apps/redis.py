# SPDX-License-Identifier: MIT
"""redis: snapshots, the append-only file and its rewrite; and CONFIG REWRITE, which
replaces a file of the image."""
from apps.box import App

COMMAND = ["redis-server", "/etc/redis/redis.conf", "--daemonize", "no", "--supervised",
           "no", "--appendonly", "yes", "--unixsocket", "/run/redis/redis.sock"]
PING = "redis-cli ping | grep -q PONG"
RUN = "mkdir -p /run/redis; chown redis:redis /run/redis"
LOG = "/var/log/redis/redis-server.log"


def saved(box, what, field):
    box.sh(f"redis-cli {what}")
    box.until(f"redis-cli info persistence | grep -q '{field}_in_progress:0'")
    status = "rdb_last_bgsave_status" if what == "bgsave" else "aof_last_bgrewrite_status"
    box.want("redis-cli info persistence", status + ":ok")


def smoke(box, times):
    box.until(PING)
    box.want("redis-cli -s /run/redis/redis.sock ping", "PONG")
    box.sh("redis-cli set key value")
    box.sh(f"redis-cli debug populate {20000 * times} k 50; redis-cli set other value")
    saved(box, "bgsave", "rdb_bgsave")
    saved(box, "bgrewriteaof", "aof_rewrite")
    box.want("redis-cli get key", "value")
    box.sh(f"mv {LOG} {LOG}.1")
    # To its end: redis removes the file of a child that it stops in the middle, which
    # happens now and then.
    saved(box, "bgsave", "rdb_bgsave")
    box.until(f"test -s {LOG}")


def kept(box):
    """After a restart in place the data is there."""
    box.until(PING)
    box.sh("redis-cli config resetstat")


def rewritten(box, times):
    box.until(PING)
    for i in range(times):
        box.sh(f"redis-cli config set maxmemory {100 + i}mb")
        box.want("redis-cli config rewrite", "OK")
    box.want("cat /etc/redis/redis.conf", "maxmemory 10")


APPS = [
    App("redis", ["redis-server", "redis-tools"], [*COMMAND, "--enable-debug-command",
                                                   "local"],
        smoke, more=kept, users={"0": RUN, "redis": RUN}),
    App("redis-rewrite", ["redis-server", "redis-tools"], COMMAND, rewritten, more=kept,
        users={"0": RUN, "redis": RUN}),
]
