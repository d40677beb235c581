"""What the SFTP door lets in, all workers together."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.config.section import Count, Section
from gateway.sftp_server.admission import Limits


class SftpLimits(Section):
    """Connections and attempts; whole towns share an address, and one server may fetch for forty of them."""

    half_open: Annotated[int, Field(ge=0)] = Field(
        default=0, description="connections that have not logged in; 0: a quarter of max_sessions, 50 at least"
    )
    per_address: Count = Field(default=400, description="connections of one address")
    per_account: Count = Field(default=50, description="connections of one account")
    channels: Count = Field(default=8, description="channels of one connection")
    passwords: Count = Field(default=3, description="passwords tried on one connection")
    keys: Count = Field(default=12, description="keys offered on one connection; an agent offers all it has")
    names: Count = Field(default=3, description="login names tried on one connection")

    @property
    def door(self) -> Limits:
        """The same, as the door takes it."""
        return Limits(**self.model_dump())
