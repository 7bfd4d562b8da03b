"""Calls to addresses that somebody typed reach public addresses only (apps/core/outbound.py).

The server is on this machine, so tests say by a parameter which addresses count as public; there is no setting for it.
"""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from apps.core import outbound
from apps.core.addresses import is_public
from apps.core.outbound import Refused, TooSlow, Unreachable, post, status_of
from tests.sites import Site


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.server.asked.append((self.command, self.path, self.headers["Host"], self.headers["User-Agent"]))
        getattr(self, "at_" + self.path.strip("/").split("/")[0])()

    do_GET = do_HEAD  # noqa: N815 — its name there

    def say(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def at_sheet(self):
        self.say(200)

    def at_gone(self):
        self.say(404)

    def at_get(self):
        self.say(405 if self.command == "HEAD" else 200, **{"Content-Length": str(10**12)})

    def at_hops(self):
        left = int(self.path.split("/")[2])
        self.say(302, Location=f"/hops/{left - 1}" if left else "/sheet")

    def at_inside(self):
        self.say(301, Location=f"http://127.0.0.2:{self.server.server_port}/sheet")

    def at_elsewhere(self):
        self.say(302, Location="file:///etc/passwd")

    def at_nonsense(self):
        self.say(302, Location="http://[::1")

    def at_no_name(self):
        self.say(302, Location="http://xn--/")

    def at_drip(self):
        with_time = time.monotonic() + 30
        while time.monotonic() < with_time:
            self.wfile.write(b"H")
            time.sleep(0.05)

    def log_message(self, *given):
        pass


@pytest.fixture
def site():
    with Site(Handler, asked=[]) as server:
        yield server


def look(site, path, *, host="127.0.0.1", public=("127.0.0.1",)):
    ports = {"http": site.server_port}
    return status_of(f"http://{host}:{site.server_port}{path}", public=lambda ip: ip in public, ports=ports)


def names(monkeypatch, **known):
    """What names lead to, each time they are asked for."""
    asked = []

    def getaddrinfo(host, port, *given, **more):
        asked.append(host)
        addresses = known[host.split(".")[0]]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *given, **more: (
            getaddrinfo if str(host).split(".")[0] in known else real
        )(host, *given, **more)
    )  # fmt: skip
    return asked


# What is there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "status"), [("/sheet", 200), ("/gone", 404), ("/hops/2", 200)])
def test_it_says_what_is_there(site, path, status):
    assert look(site, path) == status


def test_a_server_that_answers_get_alone_is_asked_so_and_its_body_stays_unread(site):
    assert look(site, "/get") == 200

    assert [command for command, *_rest in site.asked] == ["HEAD", "GET"]


def test_it_says_who_asks_and_connects_to_the_address_by_the_name(site, monkeypatch):
    asked = names(monkeypatch, chords=["127.0.0.1"])

    assert look(site, "/sheet", host="chords.example") == 200

    [(_command, _path, host, agent)] = site.asked
    assert host == f"chords.example:{site.server_port}"
    assert "JamVote" in agent
    assert asked == ["chords.example"]  # once, so that a second answer cannot lead elsewhere


def test_more_redirects_than_that_are_nobody(site):
    with pytest.raises(Unreachable):
        look(site, "/hops/3")


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(Unreachable):
        status_of(f"http://127.0.0.1:{port}/", public=lambda ip: True, ports={"http": port})


def test_who_answers_a_byte_at_a_time_is_left(site, monkeypatch):
    monkeypatch.setattr(outbound, "SECONDS", 0.5)
    begun = time.monotonic()

    with pytest.raises(Unreachable):
        look(site, "/drip")

    assert time.monotonic() - begun < 5


# What is refused ------------------------------------------------------------------------------------------------


def test_an_address_of_this_machine_is_refused_before_anybody_is_called(site):
    with pytest.raises(Refused):
        status_of(f"http://127.0.0.1:{site.server_port}/sheet", ports={"http": site.server_port})

    assert site.asked == []


@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"]])
def test_a_name_of_which_one_address_is_not_public_is_refused(site, monkeypatch, addresses):
    names(monkeypatch, chords=addresses)

    with pytest.raises(Refused):
        look(site, "/sheet", host="chords.example")

    assert site.asked == []


def test_a_name_that_leads_elsewhere_a_moment_later_is_not_followed(site, monkeypatch):
    """DNS rebinding: public when it is looked at, this machine when it is connected to."""
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    monkeypatch.setattr(
        socket, "getaddrinfo",
        lambda host, port, *given, **more: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in (
            answers.pop(0) if host == "chords.example" else [host]
        )],
    )  # fmt: skip

    assert look(site, "/sheet", host="chords.example") == 200
    assert answers == [["127.0.0.2"]]


def test_a_name_that_nobody_answers_for_is_given_up(monkeypatch):
    end = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **options: end.wait(5) or [])
    began = time.monotonic()

    with pytest.raises(TooSlow):
        post("https://slow.example/", b"", {}, seconds=0.3, most=10)

    end.set()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("path", ["/inside", "/elsewhere", "/nonsense", "/no_name"])
def test_a_redirect_is_looked_at_like_the_first_address(site, path):
    with pytest.raises(Refused):
        look(site, path)

    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "http://example.com:22/", "https://example.com:80/",
        "http://sam:secret@example.com/", "http:///nothing", "javascript:alert(1)", "http://[::1", "",
        "http://example.com:0/", "http://xn--/",
    ],
)  # fmt: skip
def test_only_the_web_at_its_own_ports_and_without_passwords(url):
    with pytest.raises(Refused):
        status_of(url, public=lambda ip: pytest.fail("looked up"))


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.1", "2130706433", "0", "[::ffff:127.0.0.1]", "[::1]", "localhost", "169.254.169.254"]
)
def test_other_ways_to_write_ones_own_machine_are_refused(host):
    with pytest.raises(Refused):
        status_of(f"http://{host}/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "::ffff:8.8.8.8", "::ffff:10.0.0.1", "64:ff9b::a00:1",
        "2002:a00:1::", "2001:0:4136:e378::", "2001:db8::1",
    ],
)  # fmt: skip
def test_what_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111"])
def test_what_is_public(address):
    assert is_public(address)
