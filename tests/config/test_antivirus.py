"""The settings of the antivirus."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.config.antivirus import Antivirus


@pytest.mark.parametrize("address", ["", "localhost:3310", "10.0.0.1:3310", "[::1]:3310", "/run/clamav/clamd.ctl"])
def test_clamd_is_at_a_port_or_a_path(address: str) -> None:
    assert Antivirus(address=address).address == address


@pytest.mark.parametrize("address", ["localhost", "localhost:0", "localhost:70000", ":3310", "::1:3310", "run/clamd"])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="must be empty, host:port or the absolute path"):
        Antivirus(address=address)


def test_what_cannot_be_scanned_is_refused_unless_said_otherwise() -> None:
    assert (Antivirus().when_away, Antivirus().too_large) == ("refuse", "refuse")
    with pytest.raises(ValidationError):
        Antivirus.model_validate({"when_away": "ignore"})
