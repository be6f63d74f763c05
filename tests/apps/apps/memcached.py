# SPDX-License-Identifier: MIT
"""memcached: with a file for its PID and one for what memory has no room for; and with
neither, so that it writes nothing at all."""
from apps.box import App

CLIENT = """python3 - <<'END'
import socket
s = socket.create_connection(("127.0.0.1", 11211)).makefile("rwb")
for i in range(%d):
    s.write(b"set k%%d 0 0 4000\\r\\n" %% i + b"x" * 4000 + b"\\r\\n"); s.flush()
    assert s.readline() == b"STORED\\r\\n"
s.write(b"get k%d\\r\\n"); s.flush()
assert s.readline().startswith(b"VALUE")
END"""
PLAIN = ["memcached", "-l", "127.0.0.1", "-m", "64"]
READY = "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 11211))'"


def smoke(box, times):
    box.until(READY)
    box.sh(CLIENT % (2000 * times, 2000 * times - 1))


EXTSTORE = ["-P", "/run/memcached/memcached.pid", "-o",
            "ext_path=/var/cache/memcached/store:64m,ext_item_size=1024"]
DIRECTORIES = "install -d -o memcache -g memcache /run/memcached /var/cache/memcached"

APPS = [
    App("memcached", ["memcached"], [*PLAIN, "-u", "memcache"], smoke,
        users={"0": "", "memcache": ""}),
    App("memcached-extstore", ["memcached"], [*PLAIN, "-u", "memcache", *EXTSTORE], smoke,
        users={"0": DIRECTORIES, "memcache": DIRECTORIES}),
]
