"""Certificates: checked off line, the first wrong line named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.domain.certificates import BALANCE, HEAD, VERSION, Wrong, read, written

SAID: list[Mapping[str, Any]] = [
    {HEAD: {"version": VERSION, "about": "é"}},
    {"delivery": {"id": "1", "acknowledgements": 1}},
    {"delivery": {"id": "2", "acknowledgements": 0}},
    {BALANCE: {"lost": 0}},
]


def sign(message: bytes) -> bytes:
    return hashlib.sha256(b"secret" + message).digest()


def check(message: bytes, signature: bytes) -> bool:
    return signature == sign(message)


LINES = list(written(SAID, sign))


def wrong(lines: list[str]) -> tuple[int, str]:
    last = list(read(lines, check))[-1]
    assert isinstance(last, Wrong)
    return last.line, last.reason


def changed(position: int, old: str, new: str) -> list[str]:
    assert old in LINES[position]
    return [*LINES[:position], LINES[position].replace(old, new), *LINES[position + 1 :]]


def test_text_that_cannot_be_signed_is_no_line() -> None:
    assert wrong([LINES[0].replace("é", "\\ud800")]) == (1, "is no line of a certificate")


def test_what_was_written_is_read() -> None:
    assert list(read(LINES, check)) == SAID
    assert all(json.loads(line) for line in LINES)


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        (changed(1, '"acknowledgements":1', '"acknowledgements":2'), 2, "was changed"),
        (changed(0, "é", "e"), 1, "was changed"),
        ([LINES[0], *LINES[2:]], 2, "says that it is line 3"),
        ([LINES[0], LINES[2], LINES[1], LINES[3]], 2, "says that it is line 3"),
        ([*LINES[:2], LINES[1], *LINES[2:]], 3, "says that it is line 2"),
        (LINES[:3], 4, "is missing: the certificate was cut"),
        ([], 1, "is missing: the certificate was cut"),
        ([*LINES, LINES[3]], 5, "stands behind the end"),
        (["{}\n", *LINES[1:]], 1, "is no line of a certificate"),
        (["[" * 100_000, *LINES[1:]], 1, "is no line of a certificate"),
        ([LINES[0].replace('"version":1', '"version":2'), *LINES[1:]], 1, "does not begin a certificate"),
        (LINES[1:], 1, "says that it is line 2"),
    ],
)
def test_the_first_wrong_line_is_named(lines: list[str], line: int, reason: str) -> None:
    found = wrong(lines)
    assert (found[0], reason in found[1]) == (line, True)


def test_chains_computed_anew_do_not_help_without_the_key() -> None:
    forged = [*SAID[:1], {"delivery": {"id": "1", "acknowledgements": 0}}, *SAID[2:]]
    unsigned = list(written(forged, lambda message: b"no key"))
    assert wrong([LINES[0], *unsigned[1:]]) == (2, "was changed, or was not signed by that key")


def test_what_was_read_before_a_wrong_line_is_told() -> None:
    assert list(read(changed(2, '"id":"2"', '"id":"3"'), check))[:2] == SAID[:2]
