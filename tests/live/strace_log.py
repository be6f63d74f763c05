# SPDX-License-Identifier: MIT
"""What `strace -f -y` says was written: the paths of calls that succeeded."""
import codecs
import os
import re

LINE = re.compile(rb"^(\d+) +(?:<\.\.\. (\w+) resumed>(.*)|(\w+)\((.*))$", re.S)
UNFINISHED = b" <unfinished ...>"
STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?')
DESCRIPTOR = re.compile(rb"^(-?\d+|AT_FDCWD)(?:<((?:[^<>\\]|\\.)*)>(?:\(deleted\))?)?")
WRITES = re.compile(rb"\bO_(?:WRONLY|RDWR|CREAT|TRUNC|TMPFILE)\b")
# Which argument is a name, and the descriptor of the directory before it.
PLAIN = {b"mkdir": (0,), b"rmdir": (0,), b"unlink": (0,), b"mknod": (0,), b"chmod": (0,),
         b"chown": (0,), b"lchown": (0,), b"truncate": (0,), b"utime": (0,),
         b"utimes": (0,), b"rename": (0, 1), b"link": (0, 1), b"symlink": (1,),
         b"setxattr": (0,), b"lsetxattr": (0,), b"removexattr": (0,),
         b"lremovexattr": (0,)}
AT = {b"mkdirat": (1,), b"unlinkat": (1,), b"mknodat": (1,), b"fchmodat": (1,),
      b"fchownat": (1,), b"utimensat": (1,), b"futimesat": (1,), b"renameat": (1, 3),
      b"renameat2": (1, 3), b"linkat": (1, 3), b"symlinkat": (2,)}
OPENS = (b"open", b"openat", b"openat2", b"creat")
BY_DESCRIPTOR = (b"fchmod", b"fchown", b"fsetxattr", b"fremovexattr")
FOLLOWS_CWD = (b"chdir", b"fchdir")
CALLS = sorted({*PLAIN, *AT, *OPENS, *BY_DESCRIPTOR, *FOLLOWS_CWD, b"clone", b"clone3",
                b"fork", b"vfork", b"bind"})


def unescape(text):
    return codecs.escape_decode(text)[0]


def split(text):
    """The arguments of a call, at commas that are in no string or bracket."""
    parts, depth, start, i = [], 0, 0, 0
    while i < len(text):
        c = text[i:i + 1]
        if c == b'"':
            found = STRING.match(text, i)
            i = found.end() if found else i + 1
            continue
        if c in b"([{<":
            depth += 1
        elif c in b")]}>":
            depth -= 1
        elif c == b"," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
        i += 1
    return parts + [text[start:].strip()]


class Log:
    """`written`: {path: {call, ...}}, names as they were given, absolute."""

    def __init__(self, data, cwd=b"/"):
        self.first, self.cwds, self.begun, self.written = cwd, {}, {}, {}
        for line in data.split(b"\n"):
            self._line(line)

    def _line(self, line):
        found = LINE.match(line)
        if not found:
            return
        pid, _, rest, name, start = found.groups()
        if name and start.endswith(UNFINISHED):
            self.begun[pid] = (name, start[:-len(UNFINISHED)])
            return
        if not name:
            name, start = self.begun.pop(pid, (None, b""))
            start += rest
        cut = start.rfind(b") = ")
        if not name or cut < 0:
            cut = start.rfind(b")  ") if name else -1
            if cut < 0:
                return
        result = start[cut + 1:].strip().removeprefix(b"=").strip()
        if not result.startswith((b"-1 ", b"?")):
            self._call(pid, name, split(start[:cut]), result)

    def _cwd(self, pid):
        return self.cwds.get(pid, self.first)

    def _name(self, pid, text, directory=None):
        found = STRING.match(text)
        if not found:
            return None
        path = unescape(found[1])
        base = self._cwd(pid)
        if directory is not None:
            got = DESCRIPTOR.match(directory)
            if got and got[2]:
                base = unescape(got[2])
        return os.path.normpath(os.path.join(base, path))

    def _add(self, path, name):
        if path and path.startswith(b"/"):
            self.written.setdefault(path, set()).add(name.decode())

    def _call(self, pid, name, args, result):
        if name in (b"clone", b"clone3", b"fork", b"vfork"):
            child = re.match(rb"\d+", result)
            if child:
                self.cwds[child[0]] = self._cwd(pid)
        elif name == b"chdir":
            self.cwds[pid] = self._name(pid, args[0]) or self._cwd(pid)
        elif name == b"fchdir":
            self.cwds[pid] = unescape(DESCRIPTOR.match(args[0])[2] or self._cwd(pid))
        elif name in OPENS:
            got = DESCRIPTOR.match(result)
            if name == b"creat" or WRITES.search(b",".join(args)):
                at = 1 if name.startswith(b"openat") else 0
                self._add(unescape(got[2]) if got and got[2] else
                          self._name(pid, args[at], args[0] if at else None), name)
        elif name in BY_DESCRIPTOR:
            got = DESCRIPTOR.match(args[0])
            self._add(unescape(got[2]) if got and got[2] else None, name)
        elif name in PLAIN:
            for i in PLAIN[name]:
                self._add(self._name(pid, args[i]), name)
        elif name == b"bind":
            found = re.search(rb'sun_path=("(?:[^"\\]|\\.)*")', b",".join(args))
            if found:
                self._add(self._name(pid, found[1]), name)
        elif name in AT:
            for i in AT[name]:
                got = DESCRIPTOR.match(args[i - 1])
                if args[i] in (b"NULL", b'""') and got and got[2]:
                    self._add(unescape(got[2]), name)
                else:
                    self._add(self._name(pid, args[i], args[i - 1]), name)
