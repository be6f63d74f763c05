# SPDX-License-Identifier: MIT
"""node with express, started by npm, which keeps a cache and logs at home."""
from apps.box import App
from lab.roots import File

SERVER = """
const express = require("express"), fs = require("fs"), os = require("os");
const path = require("path"), child = require("child_process");
const app = express();
const uploads = path.join(__dirname, "uploads");
fs.mkdirSync(uploads, { recursive: true });
app.get("/", (request, response) => response.send("hello"));
app.put("/files/:name", express.raw({ limit: "50mb", type: "*/*" }), (request, response) => {
	const directory = fs.mkdtempSync(path.join(os.tmpdir(), "upload-"));
	fs.writeFileSync(directory + "/body", request.body);
	fs.copyFileSync(directory + "/body", path.join(uploads, request.params.name));
	fs.rmSync(directory, { recursive: true });
	response.send("stored " + request.body.length);
});
app.get("/files/:name", (request, response) =>
	response.sendFile(path.join(uploads, request.params.name)));
app.get("/cache", (request, response) =>
	child.execFile("npm", ["cache", "add", "/srv/package.tgz"], (error, out, words) =>
		response.status(error ? 500 : 200).send(error ? words : "cached")));
const server = app.listen(3000, "127.0.0.1");
process.on("SIGTERM", () => server.close(() => process.exit(0)));
"""
PACKAGE = '{"name": "app", "version": "1.0.0", "scripts": {"start": "node server.js"}}\n'
URL = "http://127.0.0.1:3000"


def smoke(box, times):
    box.until(f"curl -fsS {URL}/")
    for i in range(times):
        box.want(f"head -c 200000 /dev/zero | curl -fsS -H content-type:a/b -T - "
                 f"{URL}/files/f{i}", "stored 200000")
    box.want(f"curl -fsS {URL}/files/f0 | wc -c", 200000)
    box.want(f"curl -sS {URL}/cache", "cached")


SETUP = "mkdir -p /srv/package; echo '{\"name\":\"small\",\"version\":\"1.0.0\"}' " \
    ">/srv/package/package.json; tar -C /srv -czf /srv/package.tgz package; rm -r /srv/package"
APPS = [App("node-express", ["nodejs", "node-express", "npm"], ["npm", "start"], smoke,
            users={"0": "", "1000": "useradd -u 1000 -m app; mkdir /srv/app/uploads; "
                                    "chown 1000:1000 /srv/app/uploads"},
            statuses=(0, 1, 143), setup=SETUP, working_directory="/srv/app",
            files={"/srv/app/server.js": File(SERVER),
                   "/srv/app/package.json": File(PACKAGE)},
            environment={"NODE_PATH": "/usr/share/nodejs"})]
