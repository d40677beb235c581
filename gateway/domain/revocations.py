"""Certificates that are worth nothing before their time: which ones of an authority, and how operators list them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.domain.authorized_keys import parse as parse_key

MOST: Final = 10_000
"""Entries of one list."""
LONGEST_ID: Final = 255
_SERIALS: Final = (1 << 64) - 1
_DIGITS: Final = len(str(_SERIALS))
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}\Z")
_RANGE: Final = re.compile(r"(\d+)(?:\s*-\s*(\d+))?\Z", re.ASCII)
_FORMS: Final = "serial: 12, serial: 12-20, id: NAME, key: ssh-ed25519 AAAA…, or hash: SHA256:…"


class Means(StrEnum):
    """By what a certificate is revoked."""

    SERIAL = "serial"
    ID = "id"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Presented:
    """What a certificate says of itself; `authority` and `key` are fingerprints, `SHA256:…`."""

    authority: str
    serial: int
    identifier: str
    key: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """Of one authority: serials from `first` to `last`, of twenty digits each, or one key id or fingerprint twice."""

    authority: str
    means: Means
    first: str
    last: str

    def __str__(self) -> str:
        if self.means is Means.SERIAL:
            first, last = int(self.first), int(self.last)
            return f"serial: {first}" if first == last else f"serial: {first}-{last}"
        return f"{'hash' if self.means is Means.KEY else 'id'}: {self.first}"


def named(presented: Presented) -> tuple[tuple[Means, str], ...]:
    """Everything by which the certificate may be revoked, as revocations spell it."""
    return (
        (Means.SERIAL, digits(presented.serial)),
        (Means.ID, presented.identifier),
        (Means.KEY, presented.key),
    )


def digits(serial: int) -> str:
    """A serial number as revocations spell it, so that text is in the order of numbers."""
    return str(serial).zfill(_DIGITS)


def fingerprint(key: bytes) -> str:
    """Of a public key in its wire format, as OpenSSH shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def fingerprint_of(text: str) -> str:
    """Of a public key as it stands in a file, or of what is a fingerprint already. Raises ValueError."""
    if _FINGERPRINT.match(text.strip()):
        return text.strip()
    if text.strip().startswith("SHA256:"):
        raise ValueError("a fingerprint is SHA256: and 43 characters")
    kind, _, rest = parse_key(text).key.partition(" ")
    data = rest.split()[0] if rest.split() else ""
    if "-cert-v01@" in kind:
        raise ValueError("that is a certificate: give its serial number, its id, or the key in it")
    try:
        wire = base64.b64decode(data, validate=True)
    except binascii.Error:
        wire = b""
    if not wire[4:].startswith(kind.encode()):
        raise ValueError("the key cannot be read: write it as in a .pub file, or its fingerprint as SHA256:…")
    return fingerprint(wire)


def entries(authority: str, text: str) -> Iterator[Revocation]:
    """Reads a list as `ssh-keygen -k` takes it, one entry a line. Raises ValueError that names the first wrong line."""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if number > MOST:
            raise ValueError(f"the list has more than {MOST} lines")
        try:
            yield _entry(authority, bare)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None


def _entry(authority: str, line: str) -> Revocation:
    name, _, value = (part.strip() for part in line.partition(":"))
    match name.lower():
        case "serial":
            first, last = _serials(value)
            return Revocation(authority, Means.SERIAL, digits(first), digits(last))
        case "id":
            if not 0 < len(value) <= LONGEST_ID:
                raise ValueError(f"an id has 1 to {LONGEST_ID} characters")
            return Revocation(authority, Means.ID, value, value)
        case "key" | "sha1" | "sha256":
            found = fingerprint_of(value)
            return Revocation(authority, Means.KEY, found, found)
        case "hash":
            if not value.startswith("SHA256:"):
                raise ValueError("a hash is a fingerprint: SHA256: and 43 characters")
            found = fingerprint_of(value)
            return Revocation(authority, Means.KEY, found, found)
    raise ValueError(f"not understood; write {_FORMS}")


def _serials(text: str) -> tuple[int, int]:
    found = _RANGE.match(text)
    if found is None:
        raise ValueError("a serial is a number, or two with a - between")
    first = int(found[1])
    last = int(found[2] or first)
    if not 0 < first <= last <= _SERIALS:
        raise ValueError(f"serials go from 1 to {_SERIALS}, upwards; one without a serial is revoked by its id or key")
    return first, last
