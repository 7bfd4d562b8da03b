"""Prometheus, Alertmanager and Grafana as they are set up: taken by the programs themselves, and every expression of
every panel has an answer, of servers, exporters and a Prometheus that run."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from websockets.sync.client import connect

from apps.insight.prometheus.dashboards import dashboards
from apps.insight.prometheus.rules import rules
from apps.tasks.enqueue import enqueue
from tests.factories import make_attendee_with_token, make_jam, make_jam_song
from tests.processes import LIVE, WSGI, servers, wait_for, wait_until
from tests.servers import die_with_parent
from tests.tasks.made import break_down, write_down

FOLDER = Path(settings.BASE_DIR, "deploy/monitoring")
TOKEN = "t0ken-" * 8
EXPORTERS = ("prometheus-node-exporter", "prometheus-postgres-exporter", "prometheus-redis-exporter")
PATIENCE = 60  # seconds: a busy machine
RETRY = 0.5
EXPRESSIONS = [
    (f"{name}: {panel['title']}", target["legendFormat"], target["expr"])
    for name, made in dashboards().items()
    for panel in made["panels"]
    for target in panel["targets"]
]


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    return pytest.mark.skipif(bool(missing), reason=f"no {', '.join(missing)}: see MONITORING in ./dev")


# The files --------------------------------------------------------------------------------------------


@needs("promtool")
def test_prometheus_takes_its_configuration(tmp_path):
    configuration(tmp_path, {})

    subprocess.run(["promtool", "check", "config", tmp_path / "prometheus.yml"], check=True, capture_output=True)


@needs("amtool")
def test_alertmanager_takes_its_configuration():
    subprocess.run(["amtool", "check-config", FOLDER / "alertmanager.yml"], check=True, capture_output=True)


@needs("amtool")
@pytest.mark.parametrize("severity", ["page", "ticket"])
def test_each_severity_has_its_receiver(severity):
    words = ["amtool", "config", "routes", "test", f"--config.file={FOLDER / 'alertmanager.yml'}"]

    done = subprocess.run([*words, f"severity={severity}"], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == severity


@needs("prometheus-alertmanager")
def test_a_page_silences_the_tickets_of_its_part_and_no_others(tmp_path):
    shutil.copy(FOLDER / "alertmanager.yml", tmp_path)
    port = free_port()
    words = [
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        f"--storage.path={tmp_path / 'data'}",
    ]
    with servers(tmp_path) as start:
        other(start, "prometheus-alertmanager", f"--config.file={tmp_path}/alertmanager.yml", *words)
        wait_for(port)
        told = [("ErrorsHigh", "page", "requests"), ("ErrorBudgetBurn3d", "ticket", "requests"),
                ("CacheHitsLow", "ticket", "cache")]  # fmt: skip
        labels = [{"alertname": name, "severity": severity, "component": part} for name, severity, part in told]
        alertmanager = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v2")
        alertmanager.post("/alerts", json=[{"labels": one} for one in labels]).raise_for_status()

        def states():
            return {one["labels"]["alertname"]: one["status"]["state"] for one in alertmanager.get("/alerts").json()}

        wanted = {"ErrorsHigh": "active", "ErrorBudgetBurn3d": "suppressed", "CacheHitsLow": "active"}
        wait_until(lambda: states() == wanted)


def test_the_programs_are_where_prometheus_looks_for_them_with_the_files_that_there_are():
    compose = yaml.safe_load(Path(settings.BASE_DIR, "compose.yaml").read_text())
    services = compose["services"]
    said = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    places = [place for job in said["scrape_configs"] + said["alerting"]["alertmanagers"]
              for place in (*job.get("static_configs", ()), *job.get("dns_sd_configs", ()))]  # fmt: skip
    hosts = {at.partition(":")[0] for place in places for at in place.get("targets", ()) or place["names"]}

    assert hosts - {"localhost"} <= services.keys()
    assert {"web", "live", "worker", "beat"} <= hosts
    monitoring = {name: one for name, one in services.items() if one.get("profiles") == ["monitoring"]}
    assert len(monitoring) == 6
    for one in monitoring.values():
        for file in (volume.partition(":")[0] for volume in one.get("volumes", ()) if volume.startswith("./")):
            assert Path(settings.BASE_DIR, file).exists()
    for file in re.findall(r"/run/secrets/(\w+)", (FOLDER / "alertmanager.yml").read_text()):
        assert file in services["alertmanager"]["secrets"]


def test_the_dashboards_are_what_is_said_of_them(tmp_path):
    call_command("grafana_dashboards", folder := tmp_path / "new")

    made = {file.name: file.read_text() for file in folder.iterdir()}
    assert made == {file.name: file.read_text() for file in (FOLDER / "grafana/dashboards").iterdir()}


def test_what_a_dashboard_is_known_by_is_its_own_and_grafana_finds_its_source():
    [source] = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
    made = dashboards().values()

    assert len({one["uid"] for one in made}) == len(made)
    for one in made:
        panels = one["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        assert {target["datasource"]["uid"] for panel in panels for target in panel["targets"]} == {source["uid"]}
        for place, panel in enumerate(panels):
            assert not any(overlap(panel["gridPos"], other["gridPos"]) for other in panels[:place])


def overlap(one, other):
    return (
        one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
    )  # fmt: skip


def configuration(folder, targets):
    """Prometheus' own, with what stands at other addresses here, and as quick as a test needs it."""
    said = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    said["global"] = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"}
    for job in said["scrape_configs"]:
        if "authorization" in job:
            job["authorization"]["credentials_file"] = str(folder / "token")
        if job["job_name"] in targets:
            job.pop("dns_sd_configs", None)
            job["static_configs"] = [{"targets": targets[job["job_name"]]}]
    made = rules()
    for group in made["groups"]:
        group["interval"] = "1s"
    (folder / "token").write_text(TOKEN)
    (folder / "rules.yml").write_text(yaml.safe_dump(made))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(said))


# The panels -------------------------------------------------------------------------------------------


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@needs("prometheus", *EXPORTERS)
def test_every_panel_has_data(tmp_path):
    jam = make_jam(max_votes=1)
    songs, (_attendee, token) = [make_jam_song(jam=jam) for _ in range(2)], make_attendee_with_token(jam=jam)
    with servers(tmp_path) as start:
        ports = {name: free_port() for name in ("web", "live", "worker", "beat", *EXPORTERS, "prometheus")}
        begin(start, ports, tmp_path)
        prometheus = httpx.Client(base_url=f"http://127.0.0.1:{ports['prometheus']}", timeout=PATIENCE)
        with traffic(ports, jam, songs, token):
            missing = dict.fromkeys(EXPRESSIONS, "nobody asked")
            deadline = time.monotonic() + PATIENCE
            while missing and time.monotonic() < deadline:
                missing = {one: found for one in missing if (found := asked(prometheus, *one[1:]))}
                time.sleep(RETRY)

    assert not missing, "\n".join(f"{panel}: {expr}: {found}" for (panel, _legend, expr), found in missing.items())


def asked(prometheus, legend, expr):
    """What is wrong with the answer; empty where it has a number, and whatever its line is called by."""
    query = expr.replace("$__rate_interval", "1m")  # any two scrapes, where a busy machine misses some
    try:
        answer = prometheus.post("/api/v1/query", data={"query": query}).json()
    except httpx.TransportError as error:
        return str(error)
    if answer["status"] != "success":
        return answer["error"]
    lines = answer["data"]["result"]
    labels = re.findall(r"{{(\w+)}}", legend)
    if any(not line["metric"].get(label) for line in lines for label in labels):
        return "a line without its label"
    return "" if any(isfinite(float(line["value"][1])) for line in lines) else f"no number in {lines[:3]}"


def begin(start, ports, folder):
    """All at once, since each needs seconds."""
    common = {"METRICS_TOKEN": TOKEN, "TASK_SWEEP_SECONDS": "0.5", "TASK_CONCURRENCY": "1", "DATABASE_POOL": "4"}

    def ours(kind, *words, **env):
        env = start.environment(**common | env | {"PUBLIC_URL": f"http://127.0.0.1:{ports[kind]}"})
        start.started.append(subprocess.Popen([sys.executable, "-m", *words], env=env, process_group=0))

    for kind, command in (("web", WSGI), ("live", LIVE)):
        ours(kind, *command, f"127.0.0.1:{ports[kind]}")
    celery = ("celery", "-A", "tests.tasks.app")
    ours("worker", *celery, "worker", "--loglevel=warning", "--without-gossip", "--without-mingle",
         TASK_METRICS_PORT=str(ports["worker"]), TASK_GRACE_SECONDS="1")  # fmt: skip
    ours("beat", *celery, "beat", "--loglevel=warning", TASK_METRICS_PORT=str(ports["beat"]))
    exporters(start, ports)
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    targets = {"jamvote": [at[kind] for kind in ("web", "live", "worker", "beat")], "prometheus": [at["prometheus"]]}
    configuration(folder, targets | {name.split("-")[1]: [at[name]] for name in EXPORTERS})
    other(
        start, "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={at['prometheus']}", "--log.level=error",
    )  # fmt: skip
    for kind in ("web", "live", "prometheus"):
        wait_for(ports[kind])


def exporters(start, ports):
    database, cache = urlsplit(os.environ["DATABASE_URL"]), os.environ["REDIS_URL"].partition("?")[0]
    dsn = f"{database.query} user={database.username} dbname=postgres sslmode=disable"
    node, postgres, redis = EXPORTERS
    other(start, node, f"--web.listen-address=127.0.0.1:{ports[node]}", "--log.level=error")
    other(start, postgres, f"--web.listen-address=127.0.0.1:{ports[postgres]}", "--log.level=error",
          DATA_SOURCE_NAME=dsn)  # fmt: skip
    other(start, redis, f"-web.listen-address=127.0.0.1:{ports[redis]}", f"-redis.addr={cache}")


def other(start, *words, **env):
    """A program that is not ours, and ends with us."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = subprocess.Popen(words, env=os.environ | env, preexec_fn=die_with_parent, **quiet)
    start.started.append(started)


@contextmanager
def traffic(ports, jam, songs, token):
    """Somebody who listens, votes and reads, and a task now and then."""
    over = threading.Event()

    def act():
        web = httpx.Client(base_url=f"http://127.0.0.1:{ports['web']}", timeout=60)
        votes = [f"/api/v1/jams/{jam.slug}/songs/{song.pk}/vote" for song in songs]
        who = {"Authorization": f"Bearer {token}"}
        while not over.wait(0.2):
            web.get("/api/v1/songs")
            web.get("/api/v1/songs", params={"search": str(time.monotonic())})  # which the cache does not have
            web.put(votes[0], headers=who)
            web.put(votes[1], headers=who)  # which is one too many
            web.delete(votes[0], headers=who)
            enqueue(write_down, text="done")
            enqueue(break_down, text="in vain")

    acting = threading.Thread(target=act)
    with connect(f"ws://127.0.0.1:{ports['live']}/ws/jams/{jam.slug}", open_timeout=60) as socket:
        hearing = threading.Thread(target=lambda: [None for _ in socket])
        for thread in (acting, hearing):
            thread.start()
        try:
            yield
        finally:
            over.set()
            acting.join()
    hearing.join()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
