"""The settings of the PROXY protocol."""

from __future__ import annotations

import ipaddress

import pytest
from pydantic import ValidationError

from gateway.config.proxy_protocol import ProxyProtocol


def test_nobody_is_trusted_unless_said() -> None:
    assert ProxyProtocol().networks == []


def test_networks_are_trusted() -> None:
    found = ProxyProtocol(trusted=["192.0.2.0/24", "2001:db8::/32"]).networks
    assert found == [ipaddress.ip_network("192.0.2.0/24"), ipaddress.ip_network("2001:db8::/32")]


@pytest.mark.parametrize("wrong", ["192.0.2.1/24", "balancer", ""])
def test_something_else_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="must be a network"):
        ProxyProtocol(trusted=[wrong])
