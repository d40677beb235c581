"""An exported journal: one JSON object a line, the lines of a batch and then its seal; checked as it is read.

What is read was written by anybody: a line, a seal and what waits for its seal are bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from gateway.domain.journal import Line
from gateway.domain.seals import Check, Fault, Seal, Verification, canonical, parsed

WIDEST: Final = 1_000_000
"""So many numbers a seal may span: a thousand times the lines of one, for a seal tells of gaps too."""
HELD: Final = 32 * 1024 * 1024
"""So many characters of lines may stand before a seal: many times what a thousand ordinary ones have."""


@dataclass(frozen=True, slots=True)
class Read:
    """How much of an export was checked, and its first faults."""

    seals: int
    lines: int
    faults: tuple[Fault, ...]


class JournalExportError(ValueError):
    """A line of the file is not as an export has it; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}: not as `gateway journal export` writes it")
        self.line = line


def line_text(line: Line) -> str:
    """The line of the file that holds a line of the journal."""
    return _text({"line": asdict(line)})


def seal_text(seal: Seal) -> str:
    """The line of the file that holds a seal."""
    return _text(
        {
            "seal": {
                "first": seal.first,
                "last": seal.last,
                "missing": list(seal.missing),
                "late": list(seal.late),
                "digests": seal.digests.hex(),
                "previous": seal.previous.hex(),
                "digest": seal.digest.hex(),
                "keyId": seal.key_id,
                "signature": seal.signature.hex(),
                "sealedAt": seal.sealed_at,
            }
        }
    )


def read(lines: Iterable[str], check: Check, most: int = 20) -> Read:
    """Checks an export line by line, and stops at so many faults. Raises JournalExportError."""
    verification = Verification(check)
    faults: list[Fault] = []
    held: list[Line] = []
    size = 0
    for number, length, kind, value in _objects(lines):
        try:
            if kind == "line":
                held.append(_line(value))
                size += length
                if size > HELD:
                    raise JournalExportError(number)
                continue
            faults += verification.take(_seal(value), held)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise JournalExportError(number) from None
        held, size = [], 0
        if len(faults) >= most:
            break
    else:
        faults += verification.end()
        faults += [Fault(line.seq, "stands behind the last seal") for line in held]
    return Read(verification.seals, verification.lines, tuple(faults[:most]))


def _objects(lines: Iterable[str]) -> Iterator[tuple[int, int, str, dict[str, Any]]]:
    for number, text in enumerate(lines, start=1):
        try:
            ((kind, value),) = parsed(text).items()
        except (ValueError, AttributeError, RecursionError):
            kind, value = "", None
        if kind not in ("line", "seal") or not isinstance(value, dict):
            raise JournalExportError(number)
        yield number, len(text), kind, value


def _text(value: dict[str, Any]) -> str:
    return canonical(value).decode() + "\n"


def _seal(value: dict[str, Any]) -> Seal:
    seal = Seal(
        first=int(value["first"]),
        last=int(value["last"]),
        missing=tuple(map(int, value["missing"])),
        late=tuple(map(int, value["late"])),
        digests=bytes.fromhex(value["digests"]),
        previous=bytes.fromhex(value["previous"]),
        digest=bytes.fromhex(value["digest"]),
        key_id=str(value["keyId"]),
        signature=bytes.fromhex(value["signature"]),
        sealed_at=datetime.fromisoformat(value["sealedAt"]),
    )
    if seal.last - seal.first >= WIDEST:
        raise ValueError("no seal spans that many numbers")
    return seal


def _line(value: dict[str, Any]) -> Line:
    line = Line(**{**value, "at": datetime.fromisoformat(value["at"])})
    if not isinstance(line.seq, int):
        raise TypeError("lines are numbered")
    return line
