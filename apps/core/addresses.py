"""The network address of a client, also behind proxies; who is not trusted to name it cannot."""

import functools
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

UNIX = "unix"  # among TRUSTED_PROXIES: whoever reaches us through a unix socket
Trusted = tuple[IPv4Network | IPv6Network | str, ...]
Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str:
    """Empty where nobody says."""
    return address_of(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def address_of(peer: str, forwarded: str) -> str:
    """`peer` speaks to us, `forwarded` is what X-Forwarded-For says."""
    return found(peer, forwarded, settings.TRUSTED_PROXIES)


@functools.lru_cache(maxsize=4096)
def found(peer: str, forwarded: str, trusted: Trusted) -> str:
    """Each proxy writes behind the others whom it heard, so the client is the first from the right that we do not
    trust: what stands further left, it may have made up. What is no address ends the walk."""
    hops = forwarded.split(",") if forwarded else []
    address = parsed(peer)
    while hops and is_trusted(address, trusted) and (further := parsed(hops.pop())):
        address = further
    return counted_as(address)


def parsed(text: str) -> Address | None:
    """Also `192.0.2.1:4711` and `[2001:db8::1]:4711`, as some proxies write it."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(address: Address | None, trusted: Trusted) -> bool:
    if address is None:
        return UNIX in trusted
    return any(address in network for network in trusted if not isinstance(network, str))


def counted_as(address: Address | None) -> str:
    """Of IPv6 the first address of its network of 64 bits: one household or phone has all of them (RFC 6177)."""
    if isinstance(address, IPv6Address):
        address = IPv6Address(int(address) >> 64 << 64)
    return str(address or "")


def is_public(address: str) -> bool:
    """Whether it is of the open Internet: nobody's own machine or network, and none that wraps another address."""
    ip = ip_address(address.partition("%")[0])
    # What is reserved holds IPv4 in IPv6 (mapped, NAT64); 6to4 stands apart, Teredo is not global. Of a site's
    # own, until RFC 3879, was fec0::/10, which does not count as private.
    inside = ip.is_multicast or ip.is_reserved or getattr(ip, "is_site_local", False)
    return ip.is_global and not (inside or getattr(ip, "sixtofour", None))
