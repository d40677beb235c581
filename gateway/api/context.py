"""What every handler of the door finds in its application and its request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from aiohttp import web

from gateway.api.metrics import PrometheusMeter
from gateway.api.traffic import Traffic
from gateway.domain.rates import Limits
from gateway.services.allowance import Allowances
from gateway.services.office import Office


@dataclass(frozen=True, slots=True)
class Context:
    """The office and the door's own settings. Sizes in bytes; `ready` raises UnavailableError when it is not."""

    office: Office
    meter: PrometheusMeter
    traffic: Traffic
    ready: Callable[[], Awaitable[None]]
    json_max_size: int
    attachment_max_size: int
    metrics_networks: tuple[IPv4Network | IPv6Network, ...]
    limits: Limits
    allowances: Allowances

    def resize(self, *, json_max_size: int, attachment_max_size: int, limits: Limits) -> None:
        """Gives requests from now on other limits; aiohttp's application takes no other context once it runs."""
        object.__setattr__(self, "json_max_size", json_max_size)
        object.__setattr__(self, "attachment_max_size", attachment_max_size)
        object.__setattr__(self, "limits", limits)


CONTEXT: Final = web.AppKey("context", Context)
REQUEST_ID: Final = web.RequestKey("request_id", str)


def office_of(request: web.Request) -> Office:
    """The office on which the request's verb works."""
    return request.app[CONTEXT].office
