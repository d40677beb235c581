"""How often the REST door may be asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from gateway.config.section import Section
from gateway.config.units import Duration
from gateway.domain.rates import Limits, Rate

_Limit = Annotated[int, Field(ge=0)]


class Rates(Section):
    """Requests per minute, over all processes and nodes; 0: no limit. And how slow a client may be."""

    per_client: _Limit = Field(default=120_000, description="requests per minute of one API client; 0: no limit")
    per_organization: _Limit = Field(
        default=240_000, description="requests per minute of one organization's clients; 0: no limit"
    )
    token_requests: _Limit = Field(
        default=6_000, description="token requests per minute of one client from one address; 0: no limit"
    )
    head_timeout: Duration = Field(
        default=timedelta(seconds=10), description="time to send a request's head, from its first byte (duration)"
    )
    keep_alive: Duration = Field(
        default=timedelta(seconds=75), description="a connection without a request is closed (duration)"
    )

    @property
    def limits(self) -> Limits:
        """The same as the REST door takes it."""
        kinds = (self.per_client, self.per_organization, self.token_requests)
        return Limits(*(Rate(each) if each else None for each in kinds))
