# SPDX-License-Identifier: MIT
"""gunicorn with flask: uploads, sqlite, sessions in files, what Python compiles; and the
same with django, its migrations and its collected files."""
import signal

from apps.box import App
from lab.roots import File

FLASK = """
import os, sqlite3, tempfile
import flask
import helper

app = flask.Flask(__name__, instance_path="/srv/app/instance")
app.config["UPLOADS"] = os.environ.get("UPLOADS", "/srv/app/uploads")

def database():
    os.makedirs(app.instance_path, exist_ok=True)
    connection = sqlite3.connect(app.instance_path + "/app.db")
    connection.execute("create table if not exists t (a integer primary key, b text)")
    return connection

@app.route("/rows", methods=["POST"])
def add():
    with database() as connection:
        connection.executemany("insert into t (b) values (?)",
                               [("x" * 100,)] * int(flask.request.form["count"]))
    return "added"

@app.route("/rows")
def rows():
    return str(database().execute("select count(*) from t").fetchone()[0])

@app.route("/files/<name>", methods=["PUT"])
def put(name):
    os.makedirs(app.config["UPLOADS"], exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=app.config["UPLOADS"], delete=False) as file:
        file.write(flask.request.get_data())
    os.replace(file.name, os.path.join(app.config["UPLOADS"], name))
    return "stored"

@app.route("/files/<name>")
def get(name):
    return flask.send_from_directory(app.config["UPLOADS"], name)

@app.route("/form", methods=["POST"])
def form():
    return str(len(flask.request.files["file"].read()))

@app.route("/")
def index():
    return helper.greeting()
"""
HELPER = "def greeting():\n    return 'hello'\n"
URL = "http://127.0.0.1:8000"
READY = f"curl -fsS {URL}/"


def smoke(box, times):
    box.until(READY)
    box.want(READY, "hello")
    before = int(box.sh(f"curl -fsS {URL}/rows"))
    box.want(f"curl -fsS -d count={1000 * times} {URL}/rows", "added")
    box.want(f"curl -fsS {URL}/rows", before + 1000 * times)
    for i in range(times):
        box.want(f"head -c 700000 /dev/zero | curl -fsS -T - {URL}/files/f{i}", "stored")
    box.want(f"curl -fsS {URL}/files/f0 | wc -c", 700000)
    size = 1000000 * times
    box.want(f"head -c {size} /dev/zero | curl -fsS -F file=@- {URL}/form", size)
    box.sh("test -s /var/log/app/access.log && "
           "mv /var/log/app/access.log /var/log/app/access.log.1")
    box.send(signal.SIGUSR1)
    box.until(f"{READY} && test -s /var/log/app/access.log")


def reload(box):
    box.until(READY)
    box.send(signal.SIGHUP)
    box.until(READY)


COMMAND = ["gunicorn", "-b", "127.0.0.1:8000", "-w", "2", "--access-logfile",
           "/var/log/app/access.log", "--pid", "/run/app/gunicorn.pid"]
DIRECTORIES = "mkdir -p /run/app /var/log/app\n"
OWNED = DIRECTORIES + "mkdir -p /srv/app/instance /srv/app/uploads\n" \
    "chown 1000:1000 /run/app /var/log/app /srv/app/instance /srv/app/uploads\n"
APPS = [
    App("gunicorn-flask", ["gunicorn", "python3-flask"], [*COMMAND, "app:app"], smoke,
        more=reload, users={"0": DIRECTORIES, "1000": OWNED}, working_directory="/srv/app",
        files={"/srv/app/app.py": File(FLASK), "/srv/app/helper.py": File(HELPER)}),
]
