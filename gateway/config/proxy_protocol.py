"""The settings of the PROXY protocol."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.config.section import Section


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("must be a network such as 192.0.2.0/24 or 2001:db8::/32") from None
    return text


class ProxyProtocol(Section):
    """Balancers in front of the SFTP door that say whose connections they hand on (PROXY protocol v2)."""

    trusted: list[Annotated[str, AfterValidator(_network)]] = Field(
        default_factory=list, description="networks of the balancers: each of their connections begins with a header"
    )

    @property
    def networks(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        """They, parsed."""
        return [ipaddress.ip_network(text) for text in self.trusted]
