"""The settings of deliveries to subscribers' own servers."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from gateway.config.section import Count, Section
from gateway.config.units import Duration
from gateway.domain.pushing import Manner

_Suffix = Annotated[str, Field(pattern=r"^[.~_-][A-Za-z0-9._~-]{0,30}$")]


class Push(Section):
    """Subscribers with `transport: push` run an SFTP server; the gateway goes there."""

    connections: Count = Field(
        default=32, description="servers that a process deals with at a time; one connection each"
    )
    connect_timeout: Duration = Field(
        default=timedelta(seconds=10), description="time to reach a server and log in (duration)"
    )
    timeout: Duration = Field(default=timedelta(minutes=1), description="time for a server to do one thing (duration)")
    poll: Duration = Field(
        default=timedelta(seconds=30), description="how often directories of answers are looked through (duration)"
    )
    suffix: _Suffix = Field(
        default=".part", description="end of an archive's name, behind a dot and its own, while it is written"
    )

    def manner(self, *, private_targets: bool, answer_max_size: int) -> Manner:
        """The same as the bridge takes it."""
        return Manner(
            self.connections,
            self.connect_timeout.total_seconds(),
            self.timeout.total_seconds(),
            self.suffix,
            private_targets,
            answer_max_size,
        )
