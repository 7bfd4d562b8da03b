"""What stands at an address that somebody typed is fetched within limits, from public addresses only."""

import gzip
import threading
import zlib

import pytest

from apps.core.outbound import Refused, TooLarge, Unreachable, fetch
from tests.listings import lists_served


@pytest.fixture
def site():
    with lists_served() as lists:
        yield lists


def test_what_is_there(site):
    site.serve("title,artist\n", ETag='"1"')

    found = site.get(site.url(), headers={"Accept": "text/csv"})

    assert (found.status, found.body, found.headers["etag"]) == (200, b"title,artist\n", '"1"')
    [(_path, sent)] = site.asked
    assert (sent["Accept"], sent["Accept-Encoding"]) == ("text/csv", "gzip")


def test_what_is_not_new_has_no_body(site):
    site.serve("title,artist\n", ETag='"1"')

    found = site.get(site.url(), headers={"If-None-Match": '"1"'})

    assert (found.status, found.body) == (304, b"")


def test_the_body_of_an_error_is_not_read(site):
    site.answer("/list", lambda one: one.say(404, b"x" * 1000))

    assert site.get(site.url(), most_bytes=10).body == b""


@pytest.mark.parametrize("hops", [1, 3])
def test_redirects_are_followed(site, hops):
    site.serve("there", "/0")
    for hop in range(hops):
        site.redirect(f"/{hop + 1}", f"/{hop}")

    assert site.get(site.url(f"/{hops}")).body == b"there"


def test_not_for_ever(site):
    site.redirect("/list", "/list")

    with pytest.raises(Unreachable):
        site.get(site.url())

    assert len(site.asked) == 4


@pytest.mark.parametrize("to", ["http://127.0.0.2:{port}/list", "https://127.0.0.1/", "file:///etc/passwd"])
def test_each_hop_must_be_public_and_of_a_scheme_that_is_asked_for(site, to):
    site.serve("secret", "/inside")
    site.redirect("/list", to.format(port=site.server.server_port))

    with pytest.raises(Refused):
        site.get(site.url())

    assert len(site.asked) == 1


def test_this_machine_is_not_public(site):
    with pytest.raises(Refused):
        fetch(site.url(), headers={}, most_bytes=10, ports={"http": site.server.server_port})

    assert site.asked == []


def test_what_is_packed_is_unpacked(site):
    site.packed(b"title,artist\n" * 1000)

    assert site.get(site.url()).body == b"title,artist\n" * 1000


@pytest.mark.parametrize("packed", [False, True])
def test_a_byte_more_than_that_is_too_large(site, packed):
    (site.packed if packed else site.serve)(b"x" * 1000)

    assert len(site.get(site.url(), most_bytes=1000).body) == 1000
    with pytest.raises(TooLarge):
        site.get(site.url(), most_bytes=999)


def test_a_bomb_is_not_unpacked(site):
    """A hundred thousand times larger, twice packed, and its end is never asked for."""
    layer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(layer.compress(bytes(1_000_000)) for _n in range(100)) + layer.flush()
    site.serve(bomb, Content_Encoding="gzip")

    with pytest.raises(TooLarge):
        site.get(site.url(), most_bytes=200_000)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"no gzip", "gzip"),
        (gzip.compress(b"x" * 5000, mtime=0)[:-9], "gzip"),
        (b"", "gzip"),
        (b"x", "br"),
        (b"x", "gzip, gzip"),
    ],
)
def test_what_is_broken_or_packed_otherwise_is_nothing(site, body, coding):
    site.serve(body, Content_Encoding=coding)

    with pytest.raises(Unreachable):
        site.get(site.url())


def test_who_sends_a_byte_at_a_time_is_left(site):
    def drip(one):
        one.send_response(200)
        one.end_headers()
        while not over.wait(0.05):
            one.wfile.write(b"x")

    over = threading.Event()
    site.answer("/list", drip)

    with pytest.raises(Unreachable):
        site.get(site.url(), seconds=0.5)
    over.set()


def test_half_of_it_is_nothing(site):
    def half(one):
        one.send_response(200)
        one.send_header("Content-Length", "100")
        one.end_headers()
        one.wfile.write(b"title,artist\n")

    site.answer("/list", half)

    with pytest.raises(Unreachable):
        site.get(site.url())
