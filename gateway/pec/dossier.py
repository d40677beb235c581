"""What an archive is made from: one case of a folder as its recipient gets it."""

from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from gateway.pec.names import Kind


@dataclass(frozen=True, slots=True)
class Party:
    """An organization as the legacy messages name it; ``guichet`` is its routing (INSEE) code."""

    siret: str
    service: str
    guichet: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One attachment: a document (``doc``) or a supporting file (``pj``).

    ``size`` is in bytes, ``crc32`` that of the bytes, ``blob`` the key under which their store knows them; or ``text``
    holds the bytes themselves, for what the gateway wrote.
    """

    kind: Kind
    code: str
    title: str
    file_name: str
    mime_type: str
    size: int
    crc32: int
    blob: str | None
    text: bytes | None = None

    @classmethod
    def of_text(cls, code: str, file_name: str, text: str) -> "Piece":
        """A document of plain text that is stored nowhere but in the archive."""
        data = text.encode()
        return cls("doc", code, file_name, file_name, "text/plain", len(data), crc32(data), None, data)


@dataclass(frozen=True, slots=True)
class Dossier:
    """One delivery's content. ``number`` is ``safe_number(external_number)``; both times are aware."""

    number: str
    external_number: str
    process: str
    sequence: int
    sender: Party
    recipient: Party
    email: str | None
    created_at: datetime
    published_at: datetime
    platform: str
    pieces: tuple[Piece, ...]
