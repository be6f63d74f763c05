# SPDX-License-Identifier: MIT
"""prometheus: what it scrapes of itself, asked back; snapshots and a reload."""
import signal

from apps.box import App
from lab.roots import File

CONFIGURATION = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: itself
    static_configs:
      - targets: ["127.0.0.1:9090"]
"""
URL = "http://127.0.0.1:9090"


def smoke(box, times):
    box.until(f"curl -fsS {URL}/-/ready")
    box.until(f"curl -fsS '{URL}/api/v1/query?query=up' | grep -q '\"1\"'")
    for _ in range(times):
        box.want(f"curl -fsS -X POST {URL}/api/v1/admin/tsdb/snapshot", "success")
    box.want(f"curl -fsS '{URL}/api/v1/query?query=count(up)'", "success")


def reload(box):
    box.until(f"curl -fsS {URL}/-/ready")
    box.send(signal.SIGHUP)
    box.sh(f"curl -fsS -X POST {URL}/-/reload")


APPS = [App("prometheus", ["prometheus"],
            ["prometheus", "--config.file=/etc/prometheus/app.yml",
             "--storage.tsdb.path=/var/lib/prometheus/metrics2", "--web.enable-admin-api",
             "--web.enable-lifecycle", "--web.listen-address=127.0.0.1:9090"],
            smoke, more=reload, users={"0": "", "prometheus": ""},
            files={"/etc/prometheus/app.yml": File(CONFIGURATION)})]
