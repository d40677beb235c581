"""The off-line check of certificates at the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.certificates import verify
from gateway.cli.failing import CommandError
from gateway.domain.certificates import BALANCE, HEAD, VERSION, written
from gateway.services.certify import Balance
from gateway.store.signing import Signer

SIGNER = Signer(bytes(32))


def certificate(place: Path, balance: Balance) -> tuple[Path, Path]:
    """A certificate and its key, in files."""
    said: list[Mapping[str, Any]] = [{HEAD: {"version": VERSION}}, {BALANCE: balance.shown()}]
    (place / "certificate").write_text("".join(written(said, SIGNER.sign)))
    (place / "key.pem").write_text(SIGNER.public_key)
    return place / "certificate", place / "key.pem"


def test_one_that_says_that_something_was_lost_is_genuine_and_bad_news(tmp_path: Path) -> None:
    file, key = certificate(tmp_path, Balance(lost=["0197a1b2"]))
    with pytest.raises(CommandError, match="is genuine, and says that not everything went as it should"):
        verify(file, key, json=False)


def test_a_tampered_one_is_named_at_its_first_wrong_line(tmp_path: Path) -> None:
    file, key = certificate(tmp_path, Balance())
    file.write_text(file.read_text().replace('"lost":0', '"lost":1'))
    with pytest.raises(CommandError, match="certificate: line 2 was changed, or was not signed by that key"):
        verify(file, key, json=False)


def test_what_is_no_certificate_is_told(tmp_path: Path) -> None:
    file, key = certificate(tmp_path, Balance())
    with pytest.raises(CommandError, match="line 1 is no line of a certificate"):
        verify(key, key, json=False)
    with pytest.raises(CommandError, match="cannot be read"):
        verify(tmp_path / "absent", key, json=False)
    with pytest.raises(CommandError, match="no Ed25519 public key"):
        verify(file, file, json=False)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="is no text"):
        verify(file, key, json=False)
