"""PROXY protocol v2: a balancer in front of the door says whose connection it hands on.

It is asked of trusted addresses only, and of each of their connections; to others the header is no SSH.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
MOST: Final = 2048
"""Bytes of a header at most: addresses take up to 36, and what balancers add about themselves little more."""

TIME: Final = 5.0
"""Seconds within which a header has to be there."""

_FIXED: Final = len(SIGNATURE) + 4
_LOCAL, _PROXIED = 0x20, 0x21
_TCP: Final = {0x11: 4, 0x21: 16}
"""Families over TCP, with the length of an address; datagrams, local sockets and unknown ones are refused."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ProxyHeaderError(Exception):
    """What a balancer sent first is no header that can be taken."""


@dataclass(frozen=True, slots=True)
class Header:
    """`source`: the client's address and port, None for a connection of the balancer's own. `size` in bytes."""

    source: tuple[str, int] | None
    size: int


def parse(data: bytes) -> Header | None:
    """The header that `data` begins with; None while it is not there whole. Raises ProxyHeaderError, early."""
    if data[: len(SIGNATURE)] != SIGNATURE[: len(data)]:
        raise ProxyHeaderError("the connection begins with no PROXY protocol v2 header")
    if len(data) < _FIXED:
        return None
    command, family = data[12], data[13]
    length = int.from_bytes(data[14:16], "big")
    if command not in (_LOCAL, _PROXIED):
        raise ProxyHeaderError("the header is of another version or holds an unknown command")
    if _FIXED + length > MOST:
        raise ProxyHeaderError(f"the header is larger than {MOST} bytes")
    size = _TCP.get(family)
    if command == _PROXIED and size is None:
        raise ProxyHeaderError("the header names no TCP connection over IPv4 or IPv6")
    if command == _PROXIED and size is not None and length < 2 * size + 4:
        raise ProxyHeaderError("the header is too short for its addresses")
    if len(data) < _FIXED + length:
        return None
    if command == _LOCAL or size is None:
        return Header(None, _FIXED + length)
    port = _FIXED + 2 * size
    source = ipaddress.ip_address(data[_FIXED : _FIXED + size])
    return Header((plain(source), int.from_bytes(data[port : port + 2], "big")), _FIXED + length)


def trusts(trusted: Sequence[Network], address: str) -> bool:
    """Whether connections from that IP address come through a balancer."""
    try:
        source = ipaddress.ip_address(plain(ipaddress.ip_address(address.partition("%")[0])))
    except ValueError:
        return False
    return any(source in network for network in trusted)


def plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """The address as limits and logs spell it: one way for each client."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
