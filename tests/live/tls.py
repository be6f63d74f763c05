#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""HTTPS with the static binary: its libraries are trimmed and patched by ourselves
(cmake/mbedtls.h, cmake/mbedtls-pss.patch), so that real servers have to say whether
enough is left. The metadata endpoint of this test speaks TLS, with certificates made
here; the binary is the image's, or the static preset's. 77 where there is neither."""
import http.server
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARIES = ["build/image/taskprobe", "build/static/taskprobe"]
TASK = {"Cluster": "c", "Family": "tls", "Revision": "1", "Containers": [],
        "TaskARN": "arn:aws:ecs:eu-west-1:111122223333:task/c/" + "0" * 32}
KEYS = {"rsa": ["rsa:2048"], "rsa4096": ["rsa:4096"],
        "p256": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
        "p384": ["ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"]}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = TASK if self.path.endswith("/task") else {"Name": "self", "Image": "i"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that refuses us is what half of the cases want


def serve(certificate, highest=None, ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate + ".pem", certificate + ".key")
    if ciphers:
        context.set_ciphers(ciphers)
    if highest:
        context.minimum_version = min(highest, ssl.TLSVersion.TLSv1_2)
        context.maximum_version = highest
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make_root(name, key):
    openssl("req", "-x509", "-newkey", *KEYS[key], "-nodes", "-days", "2", "-subj",
            f"/CN=root {name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def make_leaf(name, root, key, host="localhost", days="2"):
    with open("leaf.ext", "w", encoding="ascii") as file:
        file.write(f"subjectAltName=DNS:{host}\nbasicConstraints=CA:FALSE\n")
    openssl("req", "-newkey", *KEYS[key], "-nodes", "-subj", "/CN=leaf",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{root}.pem", "-CAkey",
            f"{root}.key", "-CAcreateserial", "-days", days, "-extfile", "leaf.ext",
            "-out", f"{name}.pem")


def ask(binary, server, roots):
    """What the report says of the metadata: {"known": ..., "why": ...}."""
    command = [binary, "probe", "--no-inventory", "--write-probe", "none", "--only",
               "ECS.1", "--format", "json", "--metadata",
               f"https://localhost:{server.server_port}/v4/self"]
    if roots:
        command += ["--ca-file", roots]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TASKPROBE")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                          env=environment, check=False)
    task = json.loads(done.stdout)["task"]
    return {**task["metadata"], "family": task.get("family")}


def cases():
    """(name, server, file of roots, whether it may be trusted)"""
    tls12, tls13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    for key in KEYS:
        make_root(f"ca-{key}", key)
        make_leaf(key, f"ca-{key}", key)
        for version in tls12, tls13:
            yield f"{key}, {version.name}", serve(key, version), f"ca-{key}.pem", True
    yield "ChaCha20", serve("p256", tls12, "ECDHE+CHACHA20"), "ca-p256.pem", True
    yield "AES-128", serve("rsa", tls12, "ECDHE+AES128+AESGCM"), "ca-rsa.pem", True
    yield "another root", serve("rsa"), "ca-p256.pem", False
    yield "the built-in roots", serve("rsa"), None, False
    make_leaf("stranger", "ca-rsa", "p256", host="example.com")
    yield "another name", serve("stranger"), "ca-rsa.pem", False
    make_leaf("late", "ca-rsa", "p256", days="-1")
    yield "an expired one", serve("late"), "ca-rsa.pem", False
    yield "CBC alone", serve("rsa", tls12, "ECDHE-RSA-AES128-SHA256"), "ca-rsa.pem", False
    yield "RSA key exchange", serve("rsa", tls12, "AES128-GCM-SHA256"), "ca-rsa.pem", False


def main():
    binary = next((p for p in (os.path.join(HERE, b) for b in BINARIES)
                   if os.access(p, os.X_OK)), None)
    binary = sys.argv[1] if len(sys.argv) > 1 else binary
    if not binary:
        print("tls: skipped: neither the image's binary nor the static one is built")
        return 77
    counts = {True: 0, False: 0}
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        for name, server, roots, trusted in cases():
            said = ask(binary, server, roots)
            right = said["known"] == trusted and bool(trusted) == (said["family"] == "tls")
            counts[right] += 1
            if not right:
                print(f"tls: FAILED: {name}: should be {'trusted' if trusted else 'refused'}:",
                      said)
        os.chdir("/")
    print(f"{counts[True]} passed, {counts[False]} failed")
    return 1 if counts[False] else 0


if __name__ == "__main__":
    sys.exit(main())
