# SPDX-License-Identifier: MIT
"""Whole commands for rehearse.py, as sh has them. Each finds /work, /data, /scratch and
/tmp empty, which are mounts; everything else is on the read-only root. /scratch has
noexec, /data belongs to who runs it. What they print must not be random."""

COMMANDS = {
    # one file
    "touch": "touch /etc/new; touch /etc/passwd; touch -c /etc/nothing; touch /work/a",
    "append": "echo x >>/etc/hosts; echo x >>/etc/passwd; echo x >>/work/a; cat /work/a",
    "truncate": ": >/etc/passwd; truncate -s 0 /etc/group; truncate -s 5 /work/a",
    "create": "echo x >/new; echo x >/srv/new; echo x >/work/new; echo x >/nowhere/new",
    "noclobber": "set -C; echo x >/etc/passwd; echo x >/etc/none; echo x >/work/a",
    "dd": "dd if=/dev/zero of=/srv/big bs=1k count=4 status=none; "
          "dd if=/dev/zero of=/work/big bs=1k count=4 status=none",
    "devices": "echo x >/dev/null; echo x >/dev/shm/a; cat /dev/shm/a; rm /dev/shm/a; "
               "echo x >/dev/full",
    "tee": "echo x | tee /etc/a /work/a /proc/nothing /data/b",
    "sed-i": "sed -i s/root/toor/ /etc/passwd; cp /etc/passwd /work/p; "
             "sed -i s/root/toor/ /work/p; head -c 4 /work/p",
    "sed-link": "ln -s /etc/passwd /work/p; sed -i --follow-symlinks s/root/toor/ /work/p",
    "ed-awk": "awk 'BEGIN { print 1 >\"/etc/a\" }'; awk 'BEGIN { print 1 >\"/work/a\" }'",
    "perl-i": "cp /etc/group /work/g; perl -pi -e s/root/toor/ /work/g /etc/group",
    "sort-o": "sort -o /etc/passwd /etc/passwd; sort -o /work/p /etc/passwd",
    "split": "split -n 3 /etc/passwd /srv/part; split -n 3 /etc/passwd /work/part",
    "fallocate": "fallocate -l 4096 /srv/f; fallocate -l 4096 /work/f",
    # names
    "mkdir": "mkdir /srv/a; mkdir -p /srv/a/b/c; mkdir -p /usr/bin /work/a/b/c; "
             "mkdir /work; mkdir /work/a; mkdir -p /etc/passwd/x",
    "mkdir-m": "mkdir -m 700 /work/m /srv/m; mkdir -p -m 711 /work/x/y",
    "rmdir": "rmdir /srv /nothing /work /usr; mkdir /work/a; rmdir /work/a /data",
    "rm": "rm /etc/passwd; rm /etc/nothing; rm -f /etc/nothing; rm -f /etc/passwd; "
          "touch /work/a; rm /work/a; rm /work; rm -r /data",
    "rm-r": "rm -rf /usr/share/doc/git; mkdir -p /work/a/b; touch /work/a/b/c; "
            "rm -r /work/a; rm -rf /work",
    "unlink": "unlink /etc/passwd; unlink /etc/nothing; unlink /etc; unlink /work",
    "ln": "ln /etc/passwd /etc/p; ln /etc/passwd /work/p; ln -s /etc/passwd /work/s; "
          "ln -s x /etc/s; ln /work/s /data/s; ln -sf y /work/s; ln -sfn z /work/s; "
          "ln -sf x /etc/passwd",
    "mv-root": "mv /etc/passwd /etc/p; mv /etc/nothing /etc/n; mv -f /etc/group /etc/passwd",
    "mv-across": "mv /etc/passwd /work/p; echo a >/work/a; mv /work/a /etc/a; "
                 "mv /work/a /data/a; cat /data/a; ls /work",
    "mv-dirs": "mkdir -p /work/d/e; touch /work/d/e/f; mv /work/d /data/d; mv /data/d /srv/d; "
               "mv /etc/alternatives /work/share; mv /work /elsewhere; mv /data /work/data",
    "mv-inside": "mkdir /work/a; mv /work/a /work/b; mv /work/b /work/b/c; mv -T /work/b /work",
    "cp": "cp /etc/passwd /etc/p; cp /etc/passwd /work/p; cp /etc/passwd /etc/group; "
          "cp -f /etc/passwd /etc/group; cp -l /etc/passwd /work/l; cp -s /etc/passwd /work/s",
    "cp-a": "cp -a /etc/alternatives /work/x; cp -a /etc/alternatives /srv/x; "
            "ls /work/x | wc -l",
    "cp-parents": "cp --parents /etc/passwd /work; cp --parents /etc/passwd /srv",
    "install": "install -m 600 /etc/passwd /work/p; install -d /srv/a/b; install -d /work/a/b; "
               "install /etc/passwd /usr/bin/p",
    "mknod": "mkfifo /srv/f; mkfifo /work/f; mknod /work/g p; mknod /srv/null c 1 3",
    "mktemp": "mktemp -d /srv/XXXXXX >/dev/null 2>&1; echo $?; mktemp -q >/dev/null; echo $?; "
              "TMPDIR=/var/tmp mktemp -q >/dev/null; echo $?",
    # owner, mode, times
    "chmod": "chmod 755 /etc; chmod 644 /etc/passwd; chmod u+x /etc/nothing; touch /work/a; "
             "chmod 600 /work/a; chmod 755 /data; chmod 777 /dev/null; stat -c %a /work/a",
    "chmod-R": "chmod -R g+w /etc/alternatives; mkdir -p /work/a/b; chmod -R 700 /work/a",
    "chown": "chown 0:0 /etc/passwd; chown -h 0:0 /etc/mtab; touch /work/a; "
             "chown $(id -u):$(id -g) /work/a; chown 0:0 /dev/null",
    "touch-times": "touch -d @0 /etc/passwd; touch -a /etc/passwd; touch -d @0 /work/a; "
                   "stat -c %Y /work/a; touch -r /work/a /etc/group",
    "xattr": "python3 -c 'import os\n"
             "for p in (\"/etc/passwd\", \"/work\", \"/etc/nothing\"):\n"
             "  for n in (\"user.a\", \"trusted.a\"):\n"
             "    for f in (lambda: os.setxattr(p, n, b\"1\"), lambda: os.removexattr(p, n)):\n"
             "      try: f(); print(p, n, \"done\")\n"
             "      except OSError as e: print(p, n, e.strerror)'",
    # asking
    "test-w": "for f in / /etc /etc/passwd /work /data /dev/null /etc/nothing /proc; do "
              "test -w $f; echo $f $?; done",
    "access": "python3 -c 'import os\n"
              "for p in (\"/\", \"/etc\", \"/etc/passwd\", \"/work\", \"/dev/null\", \"/usr/bin/sh\"):\n"
              "  print(p, [os.access(p, m) for m in range(8)], "
              "os.access(p, 2, effective_ids=True))'",
    "find-writable": "find /etc /work /data -maxdepth 1 -writable | sort",
    # programs
    "git": "export HOME=/work GIT_AUTHOR_DATE=@0 GIT_COMMITTER_DATE=@0; cd /work; "
           "git config --global user.email a@b.c; git config --global user.name a; "
           "git init -q r; cd r; echo a >a; git add a; git commit -qm one; git log --oneline; "
           "git clone -q . /data/clone; git clone -q . /srv/clone; git gc -q",
    "git-root": "export HOME=/root; git init /srv/r; git config --global user.name a; "
                "cd / && git init",
    "tar": "tar cf /work/t.tar -C / etc/alternatives; mkdir /work/x; "
           "tar xf /work/t.tar -C /work/x; tar xf /work/t.tar -C /srv; tar cf /srv/t etc; "
           "find /work/x | wc -l",
    "tar-over": "cd /; tar cf - etc/passwd usr/bin/sh | tar xf - -C /; "
                "tar cf - etc/passwd | tar xf - -C / --overwrite",
    "gzip": "cp /etc/passwd /work/p; gzip /work/p; gzip -k /etc/group; gunzip /work/p.gz",
    "dpkg-unpack": "dpkg --unpack /srv/small.deb </dev/null; "
                   "dpkg-deb -x /srv/small.deb /work/small; dpkg-deb -x /srv/small.deb /srv/s; "
                   "find /work/small | wc -l",
    "apt": "apt-get -q update 2>&1 | tail -3; apt-get -q clean; "
           "apt-get -q -o Debug::NoLocking=1 check 2>&1 | tail -2",
    "ldconfig": "ldconfig; ldconfig -C /work/cache",
    "useradd": "useradd -M someone; groupadd some; usermod -c x root",
    "update-alternatives": "update-alternatives --install /usr/bin/ed ed /bin/true 1",
    "initdb": "if [ $(id -u) = 0 ]; then D='setpriv --reuid=postgres --regid=postgres "
              "--clear-groups'; chown postgres /data; fi; "
              "$D /usr/lib/postgresql/*/bin/initdb --no-sync -A trust -U u -D /data/db "
              ">/dev/null; echo $?; "
              "$D /usr/lib/postgresql/*/bin/initdb --no-sync -D /srv/db >/dev/null; echo $?",
    "nginx-t": "nginx -t; nginx -t -g 'pid /work/pid; error_log /work/log;'; "
               "nginx -t -c /etc/nginx/nginx.conf -p /work",
    "python-tempfile": "python3 -c 'import tempfile, os\n"
                       "with tempfile.NamedTemporaryFile() as f: print(os.path.dirname(f.name))\n"
                       "with tempfile.TemporaryFile(dir=\"/work\") as f: f.write(b\"x\")\n"
                       "with tempfile.TemporaryDirectory() as d: open(d + \"/a\", \"w\").close()\n"
                       "try: tempfile.TemporaryFile(dir=\"/srv\")\n"
                       "except OSError as e: print(e.errno)'",
    "python-fs": "python3 -c 'import os, shutil\n"
                 "def go(f, *a):\n"
                 "  try: f(*a); print(f.__name__, *a, \"done\")\n"
                 "  except OSError as e: print(f.__name__, *a, e.strerror)\n"
                 "go(os.rename, \"/etc/passwd\", \"/work/p\"); go(os.link, \"/etc/passwd\", \"/work/p\")\n"
                 "go(shutil.copy2, \"/etc/passwd\", \"/work/p\"); go(os.rename, \"/work/p\", \"/etc/p\")\n"
                 "go(os.link, \"/work/p\", \"/data/p\"); go(os.rename, \"/work/p\", \"/data/p\")\n"
                 "go(os.rename, \"/work/none\", \"/data/p\"); go(os.rmdir, \"/work\")\n"
                 "go(os.makedirs, \"/srv/a/b\"); go(os.makedirs, \"/work/a/b\")\n"
                 "go(os.replace, \"/work/a\", \"/work/c\"); go(shutil.rmtree, \"/work/c\")\n"
                 "go(os.unlink, \"/etc/none\"); go(os.unlink, \"/etc/none/x\"); go(os.chmod, \"/\", 0o755)\n"
                 "go(os.truncate, \"/etc/passwd\", 1); go(os.truncate, \"/etc\", 1); go(os.utime, \"/etc\")\n"
                 "go(os.symlink, \"a\", \"/etc/passwd\"); go(os.mkfifo, \"/etc/passwd\")\n"
                 "go(os.rename, \"/work\", \"/data/x\"); go(os.rename, \"/tmp/.\", \"/tmp/x\")'",
    "python-pycache": "cd /work; echo 'x = 1' >m.py; python3 -c 'import m'; ls; "
                      "PYTHONPATH=/srv/py python3 -c 'import mod; print(mod.x)'; ls /srv/py",
    "python-sqlite": "python3 -c 'import sqlite3\n"
                     "for p in (\"/work/db\", \"/srv/db\", \"/srv/there.db\"):\n"
                     "  try:\n"
                     "    c = sqlite3.connect(p); c.execute(\"create table t (a)\"); c.commit()\n"
                     "    print(p, \"done\")\n"
                     "  except sqlite3.Error as e: print(p, e)'",
    "python-socket": "python3 -c 'import socket\n"
                     "for p in (\"/work/s\", \"/srv/s\", \"/etc/passwd\", \"/work/s\"):\n"
                     "  s = socket.socket(socket.AF_UNIX)\n"
                     "  try: s.bind(p); print(p, \"done\")\n"
                     "  except OSError as e: print(p, e.strerror)'",
    "python-otmpfile": "python3 -c 'import os\n"
                       "for d in (\"/srv\", \"/work\"):\n"
                       "  for to in (\"/work/a\", \"/data/a\", \"/srv/a\"):\n"
                       "    try:\n"
                       "      f = os.open(d, os.O_TMPFILE | os.O_RDWR)\n"
                       "      os.link(f\"/proc/self/fd/{f}\", to, src_dir_fd=0, follow_symlinks=True)\n"
                       "      print(d, to, \"done\")\n"
                       "    except OSError as e: print(d, to, e.strerror)'",
    "python-fds": "python3 -c 'import os\n"
                  "f = os.open(\"/etc/passwd\", os.O_RDONLY); d = os.open(\"/work\", os.O_RDONLY)\n"
                  "def go(name, *a, **k):\n"
                  "  try: getattr(os, name)(*a, **k); print(name, \"done\")\n"
                  "  except OSError as e: print(name, e.strerror)\n"
                  "go(\"fchmod\", f, 0o644); go(\"fchown\", f, 0, 0); go(\"utime\", f)\n"
                  "go(\"fchmod\", d, 0o777); go(\"mkdir\", \"a\", dir_fd=d)\n"
                  "go(\"rename\", \"a\", \"/etc/a\", src_dir_fd=d); go(\"ftruncate\", f, 0)'",
    "shell-redirect": "cd /etc; echo x >passwd; cd /work; echo x >a; cat <a; exec 3>>/etc/passwd; "
                      "echo never",
    "heredoc": "cat <<E\ntext\nE\ncat >/work/h <<E\nx\nE\ncat /work/h",
    "exec-work": "printf '#!/bin/sh\\necho ran\\n' >/work/s; chmod +x /work/s; /work/s; "
                 "cp /bin/true /work/t; /work/t; echo $?",
    "exec-scratch": "printf '#!/bin/sh\\necho ran\\n' >/scratch/s; chmod +x /scratch/s; "
                    "/scratch/s; echo $?; sh /scratch/s; cp /bin/true /scratch/t; /scratch/t; "
                    "echo $?",
    "lib-scratch": "cp /usr/lib/*/libz.so.1 /scratch/libx.so; cp /scratch/libx.so /work; "
                   "for d in /work /scratch; do python3 -c 'import ctypes, sys\n"
                   "try: ctypes.CDLL(sys.argv[1] + \"/libx.so\"); print(\"loaded\")\n"
                   "except OSError as e: print(e)' $d; done",
    "node-fs": "node -e 'const fs = require(\"fs\");\n"
               "const go = (n, ...a) => { try { fs[n + \"Sync\"](...a); console.log(n, a[0], \"done\"); }\n"
               " catch (e) { console.log(n, a[0], e.code); } };\n"
               "go(\"writeFile\", \"/work/a\", \"x\"); go(\"writeFile\", \"/srv/a\", \"x\");\n"
               "go(\"rename\", \"/work/a\", \"/data/b\"); go(\"copyFile\", \"/work/a\", \"/data/b\");\n"
               "go(\"mkdir\", \"/srv/a/b\", {recursive: true}); go(\"mkdir\", \"/work/a1/b\", {recursive: true});\n"
               "go(\"rm\", \"/etc/passwd\"); go(\"rm\", \"/etc/none\", {force: true});\n"
               "go(\"access\", \"/etc\", 2); go(\"appendFile\", \"/etc/passwd\", \"\");\n"
               "go(\"symlink\", \"x\", \"/etc/l\"); go(\"utimes\", \"/etc/passwd\", 0, 0);'",
    "node-async": "node -e 'const fs = require(\"fs\").promises; (async () => {\n"
                  "for (const d of [\"/work\", \"/srv\"]) {\n"
                  " const r = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(i => fs.writeFile(`${d}/${i}`, \"x\")));\n"
                  " console.log(d, r.map(x => x.reason ? x.reason.code : \"done\").join()); } })();'",
    "threads": "python3 -c 'import threading, os\n"
               "r = []\n"
               "def go(i):\n"
               "  for d in (\"/work\", \"/srv\"):\n"
               "    try: open(f\"{d}/{i}\", \"w\").close(); r.append((i, d, 0))\n"
               "    except OSError as e: r.append((i, d, e.errno))\n"
               "t = [threading.Thread(target=go, args=(i,)) for i in range(20)]\n"
               "[x.start() for x in t]; [x.join() for x in t]; print(sorted(r))'",
    "chroot": "chroot / sh -c 'echo x >/etc/a; echo x >/work/a; mv /work/a /data/a; cat /data/a'",
    "nested": "rmdir /outer/inner; mv /outer/inner /outer/x; unlink /outer/inner; "
              "rm -r /outer/inner; echo x >/outer/a; mv /outer/a /outer/inner/a; "
              "ln /outer/inner/a /outer/b; mv -T /outer/inner /outer/a; cat /outer/inner/a; "
              "rm -f /outer/inner/a; mkdir /outer/d; mv -T /outer/d /outer/inner; "
              "mv /outer/d /outer/inner/d; rmdir /outer/inner/d; rmdir /outer; ls /outer",
    "links": "ln -s /etc /work/e; echo x >/work/e/new; ln -s /work /data/w; echo x >/data/w/a; "
             "ln -s /srv/none /work/dangling; echo x >/work/dangling; mv /data/w/a /data/b",
    "dots": "cd /work; mkdir -p a/b; cd a/b; echo x >../../../etc/new; echo x >../../c; "
            "rmdir .; rmdir ../..; mv . x; rm -r ..; mkdir ..",
    "proc-names": "echo x >/proc/self/root/etc/new; echo x >/proc/self/root/work/a; "
                  "cd /work; echo x >/proc/self/cwd/b; ls",
    "umask": "umask 077; mkdir /work/d; echo x >/work/f; stat -c '%a %n' /work/*",
    "log-append": "for i in 1 2 3; do echo $i >>/var/log/app.log; done; logger x 2>&1 | head -c 0; "
                  "echo x >>/work/log",
    "pidfile": "echo $$ >/run/app.pid; mkdir -p /run/app; rm -f /run/app.pid",
    "exit-7": "echo x >/etc/new; exit 7",
    "signal": "echo x >/etc/new; kill -TERM $$",
    "missing": "/no/such/program",
}
