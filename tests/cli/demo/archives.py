"""Archives as the gateway makes them, from plain bytes."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from gateway.pec.archive import Layout, freeze
from gateway.pec.dossier import Dossier, Party, Piece
from gateway.pec.names import DEFAULT_TEMPLATE

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def archive(number: str, files: Sequence[tuple[str, str, bytes]], process: str = "EtatCivil") -> tuple[str, bytes]:
    """Name and bytes of an archive with these (code, file name, content)."""
    pieces = tuple(
        Piece("doc", code, name, name, "application/xml", len(content), zlib.crc32(content), f"{index}")
        for index, (code, name, content) in enumerate(files)
    )
    dossier = Dossier(
        number=number,
        external_number=number,
        process=process,
        sequence=1,
        sender=Party("10000000000018", "OSL", "00000"),
        recipient=Party("21990000100011", "Mairie", "99001"),
        email=None,
        created_at=AT,
        published_at=AT,
        platform="ADMIN-00000000000000-00000",
        pieces=pieces,
    )
    frozen = freeze(dossier, DEFAULT_TEMPLATE)
    layout = Layout(frozen)
    contents = {str(index): content for index, (_, _, content) in enumerate(files)}
    whole = io.BytesIO()
    for piece in layout.pieces(0, layout.size):
        if isinstance(piece, bytes):
            whole.write(piece)
        else:
            whole.write(contents[piece.blob][piece.offset : piece.offset + piece.length])
    return frozen.name, whole.getvalue()


def changed(content: bytes, drop: str = "", put: Mapping[str, bytes] | None = None) -> bytes:
    """The same zip with entries whose name holds a word dropped or replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as made:
        for name in source.namelist():
            if drop and drop in name:
                continue
            other = next((value for word, value in (put or {}).items() if word in name), None)
            made.writestr(name, source.read(name) if other is None else other)
    return target.getvalue()
