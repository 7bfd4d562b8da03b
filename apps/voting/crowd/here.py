"""A crowd is load: it goes to this machine only."""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from apps.core.errors import DomainError


class NotHere(DomainError):
    code = "not_here"


def check_here(url: str) -> None:
    """Raises NotHere unless every address of the URL's host is one of this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https", "ws", "wss"):
        raise NotHere(_("“%(url)s” is not an address like http://127.0.0.1:8000.") % {"url": url})
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise NotHere(_("“%(host)s” is not known: %(error)s.") % {"host": host, "error": error}) from error
    for family, _kind, _protocol, _name, address in found:
        if not is_ours(family, address):
            raise NotHere(
                _("%(host)s is %(address)s, which is not this machine. A crowd is load, and goes to no other.")
                % {"host": host, "address": address[0]}
            )


def is_ours(family: int, address: tuple[Any, ...]) -> bool:
    ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
    if ip.is_loopback or ip.is_unspecified:
        return True
    # Whoever talks to an own interface does so from its address. Connecting a datagram socket sends nothing.
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(address)
            return probe.getsockname()[0] == address[0]
        except OSError:
            return False
