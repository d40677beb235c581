"""Answers that legacy servers upload, from the closed upload to their end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.domain.blob import Blob

_TEMPORARY: Final = (".part", ".partial", ".tmp", ".temp", ".filepart")
_TEMPORARY_START: Final = ".in."  # lftp's


class AnswerState(StrEnum):
    """PARTIAL while it is not whole or still has a temporary name; QUEUED until the bridge has judged it."""

    PARTIAL = "PARTIAL"
    QUEUED = "QUEUED"
    TAKEN = "TAKEN"
    DUPLICATE = "DUPLICATE"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Answer:
    """One uploaded file of an account's `out/` directory of a process.

    `settled_at`: when it was taken or refused. `directory`: '' while it shows in out/ itself, else DONE or FAILED.
    `error`: what the error file beside it says. `hidden`: its account deleted it, or uploaded another of that name.
    """

    id: str
    account_id: str
    process: str
    name: str
    blob: Blob
    state: AnswerState
    received_at: datetime
    settled_at: datetime | None = None
    directory: str = ""
    error: str | None = None
    case_id: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """What lies in an account's out/ directories: bytes and files."""

    size: int
    files: int


def is_temporary(name: str) -> bool:
    """Whether clients give such a name to what they have not finished."""
    return name.lower().endswith(_TEMPORARY) or name.startswith(_TEMPORARY_START)
