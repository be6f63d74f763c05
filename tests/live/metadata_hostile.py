#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A metadata endpoint that means harm, or is merely broken: whatever it does, the
client ends in a right answer or a clear error, in bounded time and memory. Loopback
alone; the client is tests/tools/metadata_client.c ($METADATA_CLIENT, or that of the
dev build)."""
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from harness import TOP, Tally, skip  # noqa: E402

WINDOW_MS, TOTAL_MS = 1500, 500
# Two documents with their windows, and statistics; times ten, so that it is no limit.
GUARD_S = 10 * (2 * (WINDOW_MS + TOTAL_MS) + TOTAL_MS) / 1000
# Libraries, the largest answer that is taken, and the largest tree made of one.
MOST_KIB = 96 * 1024

OWN = {"Name": "b", "DockerId": "2"}
TASK = {"Family": "f", "Revision": "1",
        "Containers": [OWN, {"Name": "a", "DockerId": "1"}]}
GOOD = {"/task": json.dumps(TASK), "/stats": "{}", "": json.dumps(OWN)}


def document(path):
    for end, text in GOOD.items():
        if path.endswith(end):
            return text.encode()


def answer(c, body, status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    c.sendall("\r\n".join(lines).encode() + body)


def good(c, path, n):
    answer(c, document(path), headers=["Content-Type: application/json"])


def hold(c):
    while c.recv(4096):
        pass


def forever(c, block):
    while True:
        c.sendall(block)


# --- what it does; n counts the requests for this path, from 1 ---

def stall_before_the_header(c, path, n):
    hold(c)


def stall_in_the_header(c, path, n):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-")
    hold(c)


def stall_in_the_body(c, path, n):
    c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Fam')
    hold(c)


def drip(c, path, n):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for byte in document(path):
        c.sendall(bytes([byte]))
        time.sleep(1)


def drip_the_header(c, path, n):
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
        c.sendall(bytes([byte]))
        time.sleep(1)


def gigabyte_announced(c, path, n):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    forever(c, b" " * 65536)


def gigabyte_unannounced(c, path, n):
    c.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    forever(c, b" " * 65536)


def gigabyte_in_chunks(c, path, n):
    c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    forever(c, b"10000\r\n" + b" " * 65536 + b"\r\n")


def bad_chunks(c, path, n):
    c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")


def negative_length(c, path, n):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}")


def throttled_once(c, path, n):
    if n == 1:
        answer(c, b"You have reached maximum request limit.", "429 Too Many Requests")
    else:
        good(c, path, n)


def missing_three_times(c, path, n):
    if n <= 3:
        answer(c, b'"unable to get docker ID"', "404 Not Found")
    else:
        good(c, path, n)


def broken_once(c, path, n):
    if n == 1:
        answer(c, document(path)[:-3])
    else:
        good(c, path, n)


def reset_once(c, path, n):
    if n == 1:
        reset(c, path, n)
    else:
        good(c, path, n)


def always_500(c, path, n):
    answer(c, b'"unable to generate metadata"', "500 Internal Server Error")


def forbidden(c, path, n):
    answer(c, b"no", "403 Forbidden")


def truncated(c, path, n):
    answer(c, document(path)[:-3])


def shorter_than_announced(c, path, n):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + document(path))


def nested(c, path, n):
    answer(c, b"[" * 10000 + b"]" * 10000)


def million_values(c, path, n):
    answer(c, b'{"Family":"f","x":[' + b"0," * 1900000 + b"0]}")


def many_containers(c, path, n):
    one = b'{"Name":"%d"}'
    answer(c, b'{"Containers":[' + b",".join(one % i for i in range(100000)) + b"]}")


def long_text(c, path, n):
    answer(c, b'{"Family":"' + b"x" * 1000000 + b'"}')


def redirect(c, path, n):
    if "elsewhere" not in path:
        port = c.getsockname()[1]
        answer(c, b"", "302 Found", [f"Location: http://127.0.0.1:{port}/elsewhere{path}"])
    else:
        good(c, path, n)


def long_header(c, path, n):
    answer(c, document(path), headers=["X-Y: " + "z" * 100000])


def many_headers(c, path, n):
    c.sendall(b"HTTP/1.1 200 OK\r\n")
    forever(c, b"X-Y: z\r\n" * 1000)


def many_continues(c, path, n):
    forever(c, b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def http09(c, path, n):
    c.sendall(document(path))


def binary_garbage(c, path, n):
    c.sendall(os.urandom(10000))


def reset(c, path, n):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(c, path, n):
    pass


def empty_body(c, path, n):
    answer(c, b"")


def no_content(c, path, n):
    c.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def as_html(c, path, n):
    answer(c, document(path), headers=["Content-Type: text/html", "Set-Cookie: a=b"])


def html(c, path, n):
    answer(c, b"<html>hello</html>", headers=["Content-Type: application/json"])


def packed_unasked(c, path, n):
    answer(c, b"\x1f\x8b\x08\x00garbage", headers=["Content-Encoding: gzip"])


def error_as_string(c, path, n):
    answer(c, b'"unable to generate metadata for v4 task"')


def not_utf8(c, path, n):
    answer(c, b'{"Family":"\xff"}')


def nul_in_a_name(c, path, n):
    answer(c, b'{"Containers":[{"Name":"a\\u0000b"}]}')


def key_twice(c, path, n):
    answer(c, b'{"Family":"f","Family":"g"}')


def wrong_kind(c, path, n):
    answer(c, b'{"Family":"f",\n"Containers":[{"Name":"a","Networks":7}]}')


def containers_twice(c, path, n):
    if path.endswith("/task"):
        answer(c, json.dumps(TASK | {"Containers": TASK["Containers"] * 2}).encode())
    else:
        good(c, path, n)


def two_of_a_name(c, path, n):
    answer(c, b'{"Containers":[{"Name":"a","DockerId":"1"},{"Name":"a","DockerId":"2"}]}')


def own_stalls(c, path, n):
    if path.endswith("/task"):
        good(c, path, n)
    else:
        hold(c)


def own_is_a_stranger(c, path, n):
    if path.endswith("/task") or path.endswith("/stats"):
        good(c, path, n)
    else:
        answer(c, b'{"Name":"z","DockerId":"9"}')


def stats_without_end(c, path, n):
    if path.endswith("/stats"):
        gigabyte_unannounced(c, path, n)
    good(c, path, n)


def more_than_announced(c, path, n):
    body = document(path)
    c.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body +
              b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")


# what it does -> what comes of it, words of the error, more
CASES = [
    (good, "ok", "", {"self": "b", "containers": ["a", "b"], "stats": "ok"}),
    (throttled_once, "ok", "", {"self": "b"}),
    (missing_three_times, "ok", "", {"containers": ["a", "b"]}),
    (broken_once, "ok", "", {"self": "b"}),
    (reset_once, "ok", "", {"self": "b"}),
    (as_html, "ok", "", {"self": "b"}),
    (containers_twice, "ok", "", {"self": "b", "containers": ["a", "b"]}),
    (more_than_announced, "ok", "", {"containers": ["a", "b"]}),
    (own_stalls, "ok", "", {"self": None, "containers": ["a", "b"]}),
    (own_is_a_stranger, "ok", "", {"self": None}),
    (stats_without_end, "ok", "", {"self": "b", "stats": "E2BIG"}),
    (stall_before_the_header, "ETIMEDOUT", "attempts", {}),
    (stall_in_the_header, "ETIMEDOUT", "attempts", {}),
    (stall_in_the_body, "ETIMEDOUT", "attempts", {}),
    (drip, "ETIMEDOUT", "attempts", {}),
    (drip_the_header, "ETIMEDOUT", "attempts", {}),
    (gigabyte_announced, "E2BIG", "larger than 4194304 bytes", {}),
    (gigabyte_unannounced, "E2BIG", "larger than 4194304 bytes", {}),
    (gigabyte_in_chunks, "E2BIG", "larger than 4194304 bytes", {}),
    (long_header, "E2BIG", "headers", {}),
    (many_headers, "E2BIG", "headers", {}),
    (many_continues, "E2BIG", "headers", {}),
    (nested, "E2BIG", "line 1, column 65: nested too deeply", {}),
    (million_values, "E2BIG", "more values", {}),
    (many_containers, "E2BIG", "", {}),
    (long_text, "E2BIG", "Family is longer", {}),
    (always_500, "EIO", "status 500", {}),
    (forbidden, "EIO", "status 403", {"attempts": 1}),
    (redirect, "EIO", "status 302", {"attempts": 1, "elsewhere": 0}),
    (bad_chunks, "EIO", "", {}),
    (negative_length, "EIO", "", {}),
    (shorter_than_announced, "EIO", "", {}),
    (http09, "EIO", "", {}),
    (binary_garbage, "EIO", "", {}),
    (reset, "EIO", "", {}),
    (hang_up, "EIO", "", {}),
    (truncated, "EINVAL", "line 1, column", {}),
    (empty_body, "EINVAL", "line 1, column 1", {}),
    (no_content, "EINVAL", "line 1, column 1", {}),
    (html, "EINVAL", "line 1, column 1", {}),
    (packed_unasked, "EINVAL", "line 1, column 1", {}),
    (error_as_string, "EINVAL", "an object was expected", {}),
    (not_utf8, "EINVAL", "not UTF-8", {}),
    (nul_in_a_name, "EINVAL", "\\u0000", {}),
    (key_twice, "EINVAL", "a key stands twice", {}),
    (wrong_kind, "EINVAL", "line 2, column 38: Containers[0].Networks is a number", {}),
    (two_of_a_name, "EINVAL", "two different ones named 'a'", {}),
]


class Endpoint:
    """One behaviour behind one port."""

    def __init__(self, behaviour):
        self.behaviour, self.paths = behaviour, []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        try:
            with c:
                c.settimeout(GUARD_S)
                request = b""
                while b"\r\n\r\n" not in request:
                    more = c.recv(4096)
                    if not more:
                        return
                    request += more
                path = request.split()[1].decode()
                with self.lock:
                    self.paths.append(path)
                    n = self.paths.count(path)
                self.behaviour(c, path, n)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def client():
    path = os.environ.get("METADATA_CLIENT") or \
        os.path.join(TOP, "build/dev/tests/metadata_client")
    if not os.access(path, os.X_OK):
        skip(f"{path} is not built")
    return path


def is_sanitized(path):
    with open(path, "rb") as file:
        return b"__asan_init" in file.read()


def run(path, endpoint):
    base = f"http://127.0.0.1:{endpoint.port}/v4/own"
    done = subprocess.run([path, base, str(WINDOW_MS), str(TOTAL_MS)], text=True,
                          capture_output=True, timeout=GUARD_S, check=False)
    if done.returncode:
        return {"result": f"status {done.returncode}: {done.stderr[-2000:]}"}
    return json.loads(done.stdout)


def check_case(tally, path, case, bounded):
    behaviour, result, words, more = case
    name = behaviour.__name__
    endpoint = Endpoint(behaviour)
    try:
        got = run(path, endpoint)
    except subprocess.TimeoutExpired:
        got = {"result": "hangs"}
    finally:
        endpoint.close()
    if not tally.check(name, got["result"], result):
        print("    ", got.get("error"))
        return
    tally.check(f"{name}: known", got["known"], result == "ok")
    tally.check(f"{name}: '{words}' in {got['error']!r}", words in got["error"], True)
    got["attempts"] = endpoint.paths.count("/v4/own/task")
    got["elsewhere"] = sum("elsewhere" in p for p in endpoint.paths)
    for key, value in more.items():
        tally.check(f"{name}: {key}", got.get(key), value)
    if bounded:
        tally.check(f"{name}: {got['kib']} KiB", 0 < got["kib"] <= MOST_KIB, True)
    if tally.verbose:
        print(f"     {got['ms']} ms, {got['kib']} KiB, {got['attempts']} attempts")


def main():
    tally = Tally("-v" in sys.argv)
    path = client()
    bounded = not is_sanitized(path)
    for case in CASES:
        check_case(tally, path, case, bounded)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
