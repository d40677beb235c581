"""Seals of the journal: batches of lines, chained and signed (delivery rules, Journal line).

Writers number their lines before they commit, so a line may turn up behind a seal that has passed its number. A seal
therefore says which numbers it missed, and which ones of earlier seals it holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

from gateway.domain.journal import Line

GENESIS: Final = bytes(32)
WIDTH: Final = 32

Check = Callable[[bytes, bytes], bool]
"""Whether the signature, the second, is that of the message, the first, under the key that is trusted."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The lines from `first` to `last` without `missing`, and those of `late`: the SHA-256 of each, by its number.

    `previous` is the digest of the seal before, GENESIS for the first; `signature` is made over `digest`.
    `number` is the row it is kept in, with gaps; 0 when it is not kept yet.
    """

    first: int
    last: int
    missing: tuple[int, ...]
    late: tuple[int, ...]
    digests: bytes
    previous: bytes
    digest: bytes
    key_id: str
    signature: bytes
    sealed_at: datetime
    number: int = field(default=0, compare=False)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its lines, in their order."""
        missing = frozenset(self.missing)
        return tuple(sorted({*(one for one in range(self.first, self.last + 1) if one not in missing), *self.late}))

    def told(self) -> bytes:
        """The digest of what it says, which is to be `digest`."""
        return seal_digest(self.first, self.last, self.missing, self.late, self.digests, self.previous, self.sealed_at)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a journal. `seq` is the first line concerned, None when it is a seal as such."""

    seq: int | None
    reason: str


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one JSON text of a value, by which it is hashed: keys sorted, no spaces, dates with milliseconds, UTF-8."""
    return _encode(value).encode()


def parsed(text: str) -> Any:
    """The value of a JSON text. Raises ValueError, also for a name given twice: others would read the other value."""
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def line_digest(line: Line) -> bytes:
    """SHA-256 of a line, all that it says included."""
    return hashlib.sha256(canonical({name: getattr(line, name) for name in _SAID})).digest()


def seal_digest(
    first: int,
    last: int,
    missing: Iterable[int],
    late: Iterable[int],
    digests: bytes,
    previous: bytes,
    sealed_at: datetime,
) -> bytes:
    """SHA-256 over everything that a seal says."""
    said = {
        "first": first,
        "last": last,
        "missing": list(missing),
        "late": list(late),
        "lines": hashlib.sha256(digests).hexdigest(),
        "previous": previous.hex(),
        "sealedAt": sealed_at,
    }
    return hashlib.sha256(canonical(said)).digest()


class Verification:
    """Compares a journal with its seals, one after another from the first on.

    A line that was changed, taken out or put in is named by its number; so is a seal that was forged or left out.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._previous, self._expected = GENESIS, 1
        self._unsealed: set[int] = set()
        self.seals = self.lines = 0

    def take(self, seal: Seal, lines: Iterable[Line]) -> list[Fault]:
        """What is wrong with the next seal; `lines` are those of its range that exist now, and its late ones."""
        self.seals += 1
        name = f"seal {self.seals} (lines {seal.first} to {seal.last})"
        found = []
        if seal.previous != self._previous or seal.first != self._expected:
            found.append(Fault(None, f"{name} does not follow the one before it: a seal was left out or put in"))
        if seal.told() != seal.digest or not self._check(seal.digest, seal.signature):
            found.append(Fault(None, f"{name} is not signed by the gateway's key as it stands"))
        self._previous, self._expected = seal.digest, seal.last + 1
        present = {line.seq: line_digest(line) for line in lines}
        numbers = seal.numbers
        self.lines += len(numbers)
        self._unsealed = (self._unsealed | set(present)) - set(numbers)
        if len(seal.digests) != WIDTH * len(numbers):
            return [*found, Fault(None, f"{name} does not hold a digest for each of its lines")]
        for position, seq in enumerate(numbers):
            there = present.get(seq)
            if there is None:
                found.append(Fault(seq, "is missing"))
            elif there != seal.digests[position * WIDTH : (position + 1) * WIDTH]:
                found.append(Fault(seq, "was changed after it was sealed"))
        return found

    def end(self) -> list[Fault]:
        """What is left after the last seal: lines within sealed ranges that no seal holds."""
        return [Fault(seq, "was put in after its part of the journal was sealed") for seq in sorted(self._unsealed)]


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    raise TypeError(f"nothing of type {type(value).__name__} is kept in a journal")


# Millions of lines are hashed: an encoder for each, and dataclasses' own copies of them, cost four times as much.
_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain).encode
_SAID: Final = tuple(each.name for each in fields(Line))
