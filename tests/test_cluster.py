"""Several instances behind nginx: which one is asked, what is taken back, and that nobody notices who ends."""

import socket
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from types import SimpleNamespace

import httpx
import pytest

from deploy import budget
from deploy.budget import BURNS, TOO_FEW, Answer, Log, Tally, burns, watch
from deploy.cluster import house as house_of_all
from deploy.cluster import releases
from deploy.cluster.front import Front, program
from deploy.cluster.house import House
from deploy.cluster.instances import Release, command
from deploy.cluster.releases import of_kinds, roll_out
from loadtests.chaos.house import free_port
from loadtests.drill.__main__ import of_one
from loadtests.drill.drills import DRILLS, broken_release
from loadtests.drill.night import Tally as Counted
from loadtests.drill.scaling import Seen, judged
from tests.processes import wait_until
from tests.servers import STARTED, ServiceError, private_directory


def nginx():
    try:
        return program()
    except ServiceError:
        return ""


behind_nginx = pytest.mark.skipif(not nginx(), reason="no nginx: install nginx-light")
OK, FAULT = 200, 500


class Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


class Small:
    """An instance that answers its name with a status, in this process."""

    def __init__(self, name, kind="web"):
        self.kind, self.name, self.home, self.status, self.asked = kind, name, private_directory(), OK, []
        self.serves, self.has_ended, self.release = True, False, Release("1")
        small = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                small.asked.append(self.command)
                self.send_response(small.status)
                self.send_header("Content-Length", str(len(small.name)))
                self.end_headers()
                self.wfile.write(small.name.encode())

            do_GET = do_PUT = do_POST = answer  # noqa: N815

            def address_string(self):
                return "nginx"

            def log_message(self, *args):
                pass

        self.server = Server(str(self.socket), Handler)
        self.socket.chmod(0o777)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def socket(self):
        return self.home / "http"

    def end(self):
        self.server.shutdown()
        self.server.server_close()
        self.socket.unlink(missing_ok=True)


@pytest.fixture
def house(tmp_path):
    """Two old instances behind nginx, and two new ones when they are wanted."""
    old, live, new = [Small("a"), Small("b")], [Small("l", "live")], [Small("c"), Small("d")]
    front = Front(free_port(), tmp_path, [*old, *live])
    made = SimpleNamespace(
        front=front, instances=[*old, *live], begun=lambda kinds, release: [*new, Small("m", "live")], new=new, old=old
    )
    made.replace = lambda old, release: []
    made.take = lambda gone, come: front.use(come)
    made.let_go = lambda gone: [one.end() for one in gone]
    made.line = httpx.Client(base_url=f"http://127.0.0.1:{front.port}", timeout=20)
    yield made
    made.line.close()
    process, _home = next(entry for entry in STARTED if entry[0] is front.process)
    process.terminate()
    process.wait(20)
    for one in [*old, *live, *new]:
        one.end()


def names(house, times, **options):
    """Who has answered, each time to somebody else."""
    ask = lambda n: house.line.get("/", headers={"User-Agent": f"phone {n}"}, **options).text  # noqa: E731
    return Counter(map(ask, range(times)))


@behind_nginx
def test_requests_go_to_all_in_turn_and_sockets_to_live(house):
    assert names(house, 10) == {"a": 5, "b": 5}
    assert house.line.get("/ws/jams/x").text == "l"
    assert house.line.get("/metrics").status_code == 404
    assert house.line.get("/media/jams/in-a-bucket.webp").text in {"a", "b"}


@behind_nginx
def test_nobody_notices_who_is_taken_out(house):
    """Half of them ask on connections that they keep, while others are put in their place."""
    over, statuses = threading.Event(), Counter()

    def ask(n):
        with httpx.Client(base_url=house.line.base_url, transport=Kept(), timeout=20) as line:
            while not over.is_set():
                statuses[line.put("/vote").status_code] += 1

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, n) for n in range(4)]
        for come, gone in zip(house.new, house.old, strict=True):
            answered = statuses[OK]
            wait_until(lambda: statuses[OK] > answered + 20)
            house.instances = [come if one is gone else one for one in house.instances]
            house.front.use(house.instances)
            asked = len(gone.asked)
            gone.end()
            assert len(gone.asked) <= asked + 4  # what was on its way
        over.set()
        for one in asking:
            one.result()

    assert {*statuses} == {OK}
    assert names(house, 4) == {"c": 2, "d": 2}


@behind_nginx
def test_who_connected_before_may_still_ask_and_is_waited_for(house):
    """As browsers that connect ahead."""
    with socket.create_connection(("127.0.0.1", house.front.port)) as early:
        early.sendall(b"PUT /vote HTTP/1.1\r\n")
        house.front.use([*house.new, house.instances[2]])
        with ThreadPoolExecutor() as pool:
            finishing = pool.submit(house.front.finish)
            early.sendall(b"Host: jam.example\r\n")
            assert not finishing.done()
            early.sendall(b"Content-Length: 0\r\n\r\n")
            assert early.recv(4096).endswith(b"\r\n\r\na")
            finishing.result(5)
    assert len(house.front.workers()) == 1


def test_sockets_go_before_web_so_that_nginx_is_done_with_both(monkeypatch):
    done, of = [], lambda kind: SimpleNamespace(kind=kind, name=kind)
    monkeypatch.setattr(house_of_all, "drain", lambda instances: done.append([one.name for one in instances]))
    all_of_them = SimpleNamespace(front=SimpleNamespace(finish=lambda: done.append("nginx")))

    House.let_go(all_of_them, [of("web"), of("live"), of("worker"), of("web")])
    House.let_go(all_of_them, [of("worker")])

    assert done == [["live", "worker"], "nginx", ["web", "web"], ["worker"]]


class Kept(httpx.HTTPTransport):
    """As a browser: what finds its kept connection closed is sent on another."""

    def handle_request(self, request):
        while True:
            try:
                return super().handle_request(request)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                continue


@behind_nginx
def test_what_one_does_not_answer_is_asked_of_the_next(house):
    house.old[0].end()

    assert names(house, 6) == {"b": 6}
    assert {house.line.put("/vote").text for _ in range(4)} == {"b"}


@behind_nginx
def test_a_file_that_one_release_does_not_know_is_asked_of_the_other(house):
    house.old[0].status = 404

    assert {house.line.get("/static/new.js").text for _ in range(6)} == {"b"}
    assert Counter(house.line.get("/jams/none").status_code for _ in range(6)) == {404: 3, OK: 3}


@behind_nginx
def test_a_share_of_people_is_answered_by_the_new_ones_and_always_by_them(house):
    house.front.use(house.instances, new=house.begun([], None), percent=25)

    found = names(house, 400)

    assert 60 < found["c"] + found["d"] < 140
    who = next(n for n in range(400) if names_of(house, n) in {"c", "d"})
    assert {names_of(house, who) for _ in range(6)} == {"c", "d"}


def names_of(house, n):
    return house.line.get("/", headers={"User-Agent": f"phone {n}"}).text


@behind_nginx
def test_where_no_new_one_answers_the_old_ones_do(house):
    new = house.begun([], None)
    house.front.use(house.instances, new=new, percent=99)
    for one in new:
        one.end()

    assert {*names(house, 40)} == {"a", "b"}


@behind_nginx
def test_the_log_tells_who_was_tried_and_what_they_said(house):
    log = Log(house.front.log)
    house.old[0].end()
    house.old[1].status = FAULT
    house.line.get("/?secret=1")
    house.line.get("/")

    answers = log.read()

    tried = [one for answer in answers for one in answer.tried]
    assert [answer.status for answer in answers] == [FAULT, FAULT]
    assert (f"unix:{house.old[1].socket}", FAULT) in tried
    assert {answer.request for answer in answers} == {"GET / HTTP/1.1"}
    assert (f"unix:{house.old[0].socket}", 502) in tried
    assert log.read() == []
    assert "secret" not in house.front.log.read_text()


@behind_nginx
def test_a_configuration_that_nginx_does_not_take_changes_nothing(house):
    strange = SimpleNamespace(kind="web", socket="/nowhere; nonsense", serves=True)

    with pytest.raises(ServiceError, match="nginx"):
        house.front.use([strange])

    assert {*names(house, 4)} == {"a", "b"}


@contextmanager
def people(house, status=OK):
    """They ask all the time; the new ones answer with this."""
    over = threading.Event()
    for one in house.new:
        one.status = status

    def ask():
        n = 0
        with httpx.Client(base_url=house.line.base_url, transport=Kept(), timeout=20) as line:
            while not over.is_set():
                n += 1
                line.get("/", headers={"User-Agent": f"phone {n}"})

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@behind_nginx
def test_a_release_that_is_well_takes_over_by_shares(house, monkeypatch):
    monkeypatch.setattr(budget, "PATIENCE", 300)
    with people(house):
        outcome = roll_out(house, Release("2"), steps=(50, 100), seconds=0.2)

    assert (outcome.why, outcome.percent, outcome.new.faults) == ("", 100, 0)
    assert {*names(house, 4)} == {"c", "d"}


@behind_nginx
def test_a_release_that_burns_the_budget_is_taken_back_by_itself(house):
    with people(house, FAULT):
        outcome = roll_out(house, Release("2"), steps=(50, 100), seconds=30)

    assert (outcome.why, outcome.percent) == (BURNS, 50)
    assert outcome.new.faults == outcome.new.requests < 200
    assert {*names(house, 6)} == {"a", "b"}


def test_the_budget_burns_where_more_fail_than_may_and_than_elsewhere():
    well, ill, chance = Tally(1000, 0), Tally(100, 5), Tally(100, 2)

    assert burns(ill, well)
    assert not burns(chance, well)
    assert not burns(Tally(19, 19), well)  # too few to say
    assert not burns(ill, Tally(100, 50))  # it is not the release
    assert not burns(Tally(1000, 19), well)


def told(*answers):
    """A log that tells this each time."""
    return SimpleNamespace(read=lambda: [Answer(status, ((f"unix:{where}", status),)) for where, status in answers])


def test_a_step_waits_for_requests_enough_and_gives_up(monkeypatch):
    monkeypatch.setattr(budget.time, "sleep", lambda _seconds: None)
    tally = Tally()

    assert watch(told(("/new", OK), ("/old", OK)), {"unix:/new"}, tally, 0) == TOO_FEW
    assert watch(told(*[("/new", OK)] * 30), {"unix:/new"}, tally, 0) == ""
    assert watch(told(*[("/new", FAULT)] * 30), {"unix:/new"}, tally, 9) == BURNS
    assert tally.faults == 30


@pytest.mark.parametrize(
    ("status", "said", "code"), [("200", "all is well: 0 of 40", 0), ("502", "budget burns: 40 of 40", 1)]
)
def test_of_its_own_it_says_whether_a_release_is_to_be_taken_back(tmp_path, capsys, monkeypatch, status, said, code):
    log = tmp_path / "access.log"
    log.write_text("what was before\n")
    line = f'::1 [now] "GET / HTTP/1.1" 200 5 0.001 abc "10.0.0.11:8002, 10.0.0.11:8001" "{status}, 200"\n'
    monkeypatch.setattr(budget.time, "sleep", lambda _seconds: log.open("a").write(line * 40))

    assert budget.main([str(log), "10.0.0.11:8002", "--seconds", "0"]) == code
    assert said in capsys.readouterr().out


def test_background_comes_before_what_serves_so_that_no_worker_meets_a_task_that_it_does_not_know():
    instances = [SimpleNamespace(kind=kind) for kind in ("web", "live", "beat", "worker", "web")]
    ordered = of_kinds(SimpleNamespace(instances=instances), tuple(releases.SIZES))

    assert [one.kind for one in ordered] == ["worker", "beat", "live", "web", "web"]


def test_each_instance_is_started_as_production_starts_it():
    home, release = Path("/run/x"), Release("2", application="loadtests.faults", tasks="loadtests.tasks_app")

    assert command("web", "web-1", release, home)[-3:] == ["loadtests.faults.wsgi", "-b", "unix:/run/x/http"]
    assert command("live", "live-1", Release("1"), home)[-3:] == ["jamvote.asgi", "-b", "unix:/run/x/http"]
    assert "--hostname=worker-3@%h" in command("worker", "worker-3", release, home)
    assert "loadtests.tasks_app" in command("beat", "beat-4", release, home)


TALLY = Counted(DRILLS[0], acknowledged=9, failed=0, asked=40, faults=(), again=1, gap=3.0, took=20.0, replica=(5, 0))


def missed(**changed):
    return [row.case.partition(": ")[2] for row in of_one(TALLY._replace(**changed), timed=True) if row.met is False]


def test_a_drill_fails_by_a_vote_a_fault_or_a_socket_that_stays_away():
    assert missed() == []
    assert missed(acknowledged=0) == ["votes acknowledged"]  # nothing was proven
    assert missed(failed=1) == ["votes that failed"]
    assert missed(faults=("502 GET / (unix:/a 502)",)) == ["answers 5xx"]
    assert missed(gap=10.5) == ["sockets back after, at most"]


def test_a_broken_release_may_fail_where_it_is_broken_and_for_no_vote():
    broken = next(drill for drill in DRILLS if drill.happens is broken_release)

    assert missed(drill=broken, faults=("500",) * 12) == []
    assert missed(drill=broken, faults=("500",) * 12, failed=1) == ["votes that failed"]


def scaled(one, two, *, cpu=100.0, busy):
    told = [judged([Seen(one, 100.0, 1.0, False)], [Seen(two, cpu, busy, False)])]
    return [row.case for rows in told for row in rows if row.met is False]


def test_two_are_to_serve_more_where_cores_are_left_and_to_cost_no_more_where_none_is(monkeypatch):
    monkeypatch.setattr("psutil.cpu_count", lambda: 4)

    assert scaled(100, 180, busy=3.0) == scaled(100, 110, busy=3.9) == []
    assert scaled(100, 160, busy=3.0) == ["two web processes"]
    assert scaled(100, 110, busy=3.9, cpu=130) == ["a request of two"]


@pytest.mark.services
@behind_nginx
def test_no_vote_fails_in_a_rolling_restart():
    """Real processes, real stores, ten phones. What is measured: docs/performance.md."""
    words = [sys.executable, "-m", "loadtests.drill", "--short", "--port", "0", "--seed", "1"]
    said = subprocess.run(words, capture_output=True, text=True)

    assert said.returncode == 0, said.stdout + said.stderr
    assert "rolling restart: votes that failed" in said.stdout
