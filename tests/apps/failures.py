# SPDX-License-Identifier: MIT
"""Which calls failed how, as strace saw it: what one run has and the other has not."""
import os
import re

CALLS = ("%file,bind,write,writev,pwrite64,pwritev,pwritev2,ftruncate,fallocate,fchmod,"
         "fchown,fsetxattr,fremovexattr,fsync,fdatasync,flock,mmap,mprotect")
# -D: the app stays the first process, and signals reach it.
COMMAND = ["strace", "-D", "-f", "-y", "-Z", "-qq", "-s", "4096", "-e", "trace=" + CALLS,
           "-e", "signal=none", "-o"]
LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += -1 (E\w+)")
PART = re.compile(r'(?:(\w+)<([^<>"]*)>(?:\(deleted\))?, )?"((?:[^"\\]|\\.)*)"|^\d+<([^<>]*)>')
# Of a signal, of a lock that somebody has, of a pipe that nobody reads any more.
NOT_OURS = {"EINTR", "EAGAIN", "EPIPE", "ECONNREFUSED", "ECONNRESET", "EINPROGRESS",
            "ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ESRCH", "ECHILD"}
# What a read-only root, or a mount of the wrong kind or owner, answers.
REFUSED = {"EROFS", "EACCES", "EPERM", "EXDEV", "ENOSPC", "EDQUOT"}
DENIED = {"EACCES", "EPERM"}
# Names that another run would not have: a word with a digit in it, one of mixed case.
RANDOM = [(r"(?<![A-Za-z0-9])[A-Za-z]*[0-9][A-Za-z0-9]*", "N"),
          (r"(?<=[./_-])(?=[A-Za-z]*[a-z][A-Z])[A-Za-z]{6,}(?=$|[./])", "N"),
          (r"(?<=/)[a-z0-9_]{8}(?=$|/)", "N"), (r"(?<=[-.])[a-f](?=\.)", "N"),
          (r"\bsess_\w+", "N"), (r"(?<=[./_-])[A-Za-z0-9]{6}(?=$|/)", "N"),
          (r"(?<=/cc)[A-Za-z]{6}(?=\.)", "N")]
ASKED = re.compile(r'f?access(?:at2?)?\((?:\w+(?:<[^>]*>)?, )?"([^"]*)".* EROFS$')
OTHERS = re.compile(r"^/(proc|sys|inv)(/|$)")


def normal(path):
    for pattern, text in RANDOM:
        path = re.sub(pattern, text, path)
    return path


def _paths(arguments):
    found = []
    for match in PART.finditer(arguments):
        at, directory, name, descriptor = match.groups()
        path = descriptor if name is None else name
        if at and not name.startswith("/"):
            path = os.path.join(directory, name)
        found.append(os.path.normpath(path) if path.startswith("/") else path)
    return found


def read(log, raw=False):
    """{(call, paths, errno): the line as it was}; the paths normal unless `raw`"""
    found = {}
    with open(log, encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            match = LINE.match(line)
            if not match or match.group(3) in NOT_OURS:
                continue
            paths = _paths(match.group(2))
            if not any(OTHERS.search(path) for path in paths):
                names = tuple(paths if raw else map(normal, paths))
                key = (match.group(1), names, match.group(3))
                words = f"{match.group(1)}({match.group(2)[:200]}) {match.group(3)}"
                found.setdefault(key, words)
    return found


def new(before, after, written):
    """Lines of `after` that `before` has not. What was denied and is now refused in
    another word is the same failure, unless it also succeeded: `written` has its
    (normal) paths."""
    denied = {key[:2] for key in before
              if key[2] in DENIED and not set(key[1]) & written}
    return [line for key, line in after.items() if key not in before
            and not (key[2] in REFUSED and key[:2] in denied)]


def asked(lines, written):
    """Those that only say that nobody may write here, to an app that asked (access) and
    never did: the plan lists such paths and gives them no mount."""
    found = []
    for line in lines:
        match = ASKED.match(line)
        if match and normal(os.path.normpath(match.group(1))) not in written:
            found.append(line)
    return found


def refused(lines):
    """Those that a read-only root, an owner, a mode or a size explains."""
    return [line for line in lines if line.rpartition(" ")[2] in REFUSED]
