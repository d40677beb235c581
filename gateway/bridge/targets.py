"""Which addresses an outgoing call may reach: those of the internet, not those of the network the gateway stands in.

The check is made on each address at the moment of connecting to it. A name that answers differently at its second
look-up, a number in a strange spelling or a redirect leads nowhere else.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

_NAT64: Final = IPv6Network("64:ff9b::/96")


class PrivateTargetError(OSError):
    """The address is not one of the internet."""

    def __init__(self) -> None:
        super().__init__("not a public address")


def is_public(host: str) -> bool:
    """Whether an address in figures is reachable from anywhere, the IPv4 address inside an IPv6 one included."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (address, *_inside(address)))


def public_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket for an entry of `getaddrinfo`. Raises PrivateTargetError unless its address is public."""
    family, kind, protocol, _, target = address
    if not is_public(str(target[0])):
        raise PrivateTargetError
    return socket.socket(family=family, type=kind, proto=protocol)


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    found = [address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    if address.ipv4_mapped:
        found.append(address.ipv4_mapped)
    return [one for one in found if one is not None]
