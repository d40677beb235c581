"""What virtual clients need of a door, whether it is a real one or the verbs behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.domain.deliveries import Place
from gateway.services.deposit import NewFolder


class GoneError(Exception):
    """There is no such thing for this client, or it has no right on it."""


class RefusedError(Exception):
    """The door refused what was asked for."""


class Reading(Protocol):
    """An archive that is open. `size` in bytes."""

    size: int

    async def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`."""

    async def end(self, *, clean: bool) -> None:
        """Closes it, or loses the connection."""


class Sftp(Protocol):
    """A legacy server's account. All may raise GoneError or RefusedError."""

    actor: str

    async def names(self) -> list[str]:
        """The archives in in/."""

    async def open(self, name: str) -> Reading:
        """Opens one."""

    async def put_away(self, name: str, place: Place) -> None:
        """Renames one into DONE or FAILED, or deletes it."""

    async def put(self, name: str, content: bytes) -> None:
        """Uploads an answer."""

    async def refused(self) -> set[str]:
        """The names in out/FAILED."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification about a case; `id` is the delivery's."""

    id: str
    case: str


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """A case as its recipient reads it. `attachments`: (id, event or None)."""

    number: str
    status: str
    attachments: Sequence[tuple[str, str | None]]


class Api(Protocol):
    """A client of the API. All may raise GoneError or RefusedError."""

    actor: str

    async def inbox(self) -> list[Notice]:
        """Its notifications."""

    async def case(self, case: str) -> CaseSeen:
        """A case."""

    async def download(self, case: str, attachment: str, event: str | None) -> bytes:
        """An attachment, whole."""

    async def dismiss(self, notice: str) -> None:
        """Deletes a notification."""

    async def set_status(self, case: str, status: str) -> None:
        """Says where a case stands, by PATCH."""

    async def post(self, case: str, status: str, message: str, key: str) -> None:
        """The same by an event; the same `key` again is the same event."""


class Deposits(Protocol):
    """Where dossiers are handed in."""

    async def deposit(self, new: NewFolder, contents: Sequence[bytes]) -> tuple[str, list[str]]:
        """Hands in a folder whole; answers its id and those of its cases."""
