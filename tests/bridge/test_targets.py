"""Which addresses outgoing calls may reach."""

from __future__ import annotations

import socket

import pytest

from gateway.bridge.targets import PrivateTargetError, is_public, public_socket

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "nonsense",
    "",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_the_inside_are_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(PrivateTargetError):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)
    public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))).close()
