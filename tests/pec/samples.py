"""Made-up dossiers for the tests of this room."""

import zlib
from datetime import UTC, datetime

from gateway.pec.dossier import Dossier, Party, Piece
from gateway.pec.names import Kind, safe_number

PUBLISHED = datetime(2026, 7, 4, 8, 54, 15, 438000, tzinfo=UTC)


def piece(
    code: str = "10870-XML",
    *,
    kind: Kind = "doc",
    title: str = "Recensement",
    file_name: str = "form.xml",
    mime_type: str = "application/xml",
    content: bytes = b"<form/>",
    blob: str = "b1",
) -> Piece:
    return Piece(kind, code, title, file_name, mime_type, len(content), zlib.crc32(content), blob)


def dossier(
    *pieces: Piece,
    external_number: str = "A-9-X3UGO4V7",
    process: str = "recensementCitoyen",
    sequence: int = 1,
    email: str | None = "camille@example.org",
    platform: str = "hub",
) -> Dossier:
    return Dossier(
        number=safe_number(external_number),
        external_number=external_number,
        process=process,
        sequence=sequence,
        sender=Party("13000918600011", "Service opérateur", "00000"),
        recipient=Party("21350238800019", "Mairie de Rennes", "35238"),
        email=email,
        created_at=datetime(2026, 1, 4, 23, 30, 0, 5000, tzinfo=UTC),
        published_at=PUBLISHED,
        platform=platform,
        pieces=pieces or (piece(),),
    )
