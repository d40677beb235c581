"""Certificates: a text of signed lines that anybody can check off line, and that names its first wrong line.

Each line is one JSON object {"n", "said", "chain", "signature"}. `chain` is the SHA-256 over the chain of the line
before and the canonical JSON of what this one says, so that no line can be changed, moved, put in or left out; each
chain is signed, so that a certificate whose chains were computed anew still fails at the first line that was changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gateway.domain.seals import Check, canonical, parsed

VERSION: Final = 1
HEAD, BALANCE = "certificate", "balance"
"""The kinds of the first and of the last line."""

_START: Final = hashlib.sha256(b"gateway certificate, version 1").digest()
_FIELDS: Final = {"n", "said", "chain", "signature"}


class Signing(Protocol):
    """Signs a message."""

    def __call__(self, message: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a certificate, at the first line (from 1) where it is."""

    line: int
    reason: str


def written(said: Iterable[Mapping[str, Any]], sign: Signing) -> Iterator[str]:
    """The lines of a certificate. Each thing said is {kind: content}: a HEAD first, a BALANCE last."""
    chain = _START
    for number, one in enumerate(said, start=1):
        content = canonical(one)
        chain = _next(chain, number, content)
        line = {
            "n": number,
            "said": json.loads(content),
            "chain": chain.hex(),
            "signature": sign(chain).hex(),
        }
        yield canonical(line).decode() + "\n"


def read(lines: Iterable[str], check: Check) -> Iterator[Mapping[str, Any] | Wrong]:
    """What a certificate says, line by line, and at the end or at the first wrong line what is wrong with it."""
    chain, kind, number = _START, "", 0
    for number, text in enumerate(lines, start=1):
        found = _parsed(text)
        if kind == BALANCE:
            yield Wrong(number, "stands behind the end of the certificate")
            return
        if found is None:
            yield Wrong(number, "is no line of a certificate")
            return
        said, told, signature = found["said"], found["chain"], found["signature"]
        if found["n"] != number:
            yield Wrong(number, f"says that it is line {found['n']}: a line was left out, put in or moved")
            return
        kind = next(iter(said), "")
        if number == 1 and (kind != HEAD or said[HEAD].get("version") != VERSION):
            yield Wrong(number, "does not begin a certificate that this version can check")
            return
        chain = _next(chain, number, found["content"])
        if told != chain or not check(chain, signature):
            yield Wrong(number, "was changed, or was not signed by that key")
            return
        yield said
    if kind != BALANCE:
        yield Wrong(number + 1, "is missing: the certificate was cut")


def _next(chain: bytes, number: int, content: bytes) -> bytes:
    return hashlib.sha256(chain + str(number).encode() + b"\n" + content).digest()


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = parsed(text)
        if set(found) != _FIELDS or not isinstance(found["said"], dict) or not isinstance(found["n"], int):
            return None
        if not isinstance(next(iter(found["said"].values()), None), dict):
            return None
        content = canonical(found["said"])  # what no canonical text can hold was never signed
        return {
            **found,
            "content": content,
            "chain": bytes.fromhex(found["chain"]),
            "signature": bytes.fromhex(found["signature"]),
        }
    except (ValueError, TypeError, RecursionError):
        return None
