"""Whose address it is, whatever a client makes up."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from apps.core.addresses import address_of, client_address

PROXY, TLS_PROXY = "10.0.0.2", "10.0.0.3"


def trust(settings, *networks):
    settings.TRUSTED_PROXIES = tuple(name if name == "unix" else ip_network(name) for name in networks)


@pytest.mark.parametrize("forwarded", ["198.51.100.9", "198.51.100.9, 127.0.0.1", "unix", ""])
def test_who_is_not_trusted_speaks_for_nobody_else(forwarded):
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == "203.0.113.7"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.9, 203.0.113.7", "203.0.113.7"),
        (f"198.51.100.9, 203.0.113.7, {TLS_PROXY}", "203.0.113.7"),
        ("198.51.100.9,203.0.113.7:4711", "203.0.113.7"),
        (f"198.51.100.9, {PROXY}, 203.0.113.7", "203.0.113.7"),
        ("", PROXY),
        (TLS_PROXY, TLS_PROXY),
    ],
)
def test_from_the_right_the_first_that_is_not_trusted_is_the_client(settings, forwarded, client):
    trust(settings, "10.0.0.0/29")

    assert address_of(PROXY, forwarded) == client


@pytest.mark.parametrize(
    "nonsense", ["nonsense", "unknown", "203.0.113", "-", "203.0.113.7.8", "é", "[", "]:", ":" * 500]
)
def test_what_is_no_address_ends_the_walk(settings, nonsense):
    trust(settings, "10.0.0.0/29")

    assert address_of(PROXY, f"198.51.100.9, {nonsense}") == PROXY
    assert address_of(PROXY, f"198.51.100.9, {nonsense}, {TLS_PROXY}") == TLS_PROXY


@pytest.mark.parametrize(
    "written", ["2001:db8:1:2::1", "2001:db8:1:2:ffff::", "[2001:db8:1:2::9]:4711", "[2001:db8:1:2::9]"]
)
def test_of_ipv6_the_network_counts(settings, written):
    trust(settings, "10.0.0.0/29")

    assert address_of(PROXY, written) == "2001:db8:1:2::"


def test_an_ipv4_address_in_an_ipv6_one_is_the_same(settings):
    assert address_of("::ffff:203.0.113.7", "") == "203.0.113.7"
    trust(settings, "10.0.0.0/29")
    assert address_of(f"::ffff:{PROXY}", "::ffff:203.0.113.7") == "203.0.113.7"


def test_whoever_comes_by_a_unix_socket_is_trusted_where_it_says_so(settings):
    assert address_of("", "203.0.113.7") == ""
    trust(settings, "unix")
    assert address_of("", "198.51.100.9, 203.0.113.7") == "203.0.113.7"
    assert address_of("198.51.100.9", "203.0.113.7") == "198.51.100.9"
