"""The settings of the antivirus."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from gateway.config.section import Section
from gateway.config.units import Duration, Size

_TCP: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")


def _address(address: str) -> str:
    found = _TCP.fullmatch(address)
    if address and not address.startswith("/") and not (found and 0 < int(found[1]) < 65536):
        raise ValueError("must be empty, host:port or the absolute path of clamd's local socket")
    return address


class Antivirus(Section):
    """Every attachment is shown to clamd before it counts as received; without an address none is."""

    address: Annotated[str, AfterValidator(_address)] = Field(
        default="", description="clamd's host:port or the path of its local socket; empty: no antivirus"
    )
    timeout: Duration = Field(default=timedelta(minutes=2), description="time for one scan (duration)")
    when_away: Literal["refuse", "accept"] = Field(
        default="refuse", description="refuse: 503 until clamd answers again; accept: let through, noted in the journal"
    )
    too_large: Literal["refuse", "accept"] = Field(
        default="refuse", description="what is larger than max_stream; accept: let through, noted in the journal"
    )
    max_stream: Size = Field(
        default=100 * 2**20, description="the most that clamd takes: its StreamMaxLength and MaxFileSize (size)"
    )
