"""Files for dossiers that are made up: of the types and formats that a process asks for, and plainly no real ones."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from types import MappingProxyType
from typing import Final

from gateway.domain.dossiers import Applicant
from gateway.domain.referential import Process

PREFIX: Final = "TEST-"
"""Begins the external numbers of made-up folders and the names of their files."""
APPLICANT: Final = Applicant("TEST", "TEST")
_WORDS: Final = "TEST: dossier fictif, sans suite / made-up dossier, to be ignored"
_ANY: Final = "TEST"
_STRUCTURED: Final = ("xml", "flux")


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file with its bytes."""

    file_name: str
    type: str
    mime_type: str
    data: bytes


def files(process: Process, number: str) -> tuple[SampleFile, ...]:
    """One file for each type that the process knows; `number` is the folder's external number.

    Raises ValueError when the process takes no format that can be made up.
    """
    formats = process.attachment_formats or ("application/pdf",)
    known = [one for one in formats if _bare(one) in _MAKERS]
    if not known:
        raise ValueError(f"no file can be made up for {process.code}: it takes {', '.join(formats)} only")
    return tuple(
        _file(number, position, kind, mime_type)
        for position, (kind, mime_type) in enumerate(_kinds(process.attachment_types or (_ANY,), known), 1)
    )


def _kinds(types: tuple[str, ...], formats: list[str]) -> list[tuple[str, str]]:
    """A format for each type: the one that its name speaks of, else one after the other."""
    xml = next((one for one in formats if _bare(one).endswith("/xml")), None)
    pdf = next((one for one in formats if _bare(one).endswith("/pdf")), None)
    others = cycle(formats)
    found = []
    for kind in types:
        named = kind.lower()
        if xml and any(word in named for word in _STRUCTURED):
            found.append((kind, xml))
        elif pdf and "pdf" in named:
            found.append((kind, pdf))
        else:
            found.append((kind, next(others)))
    return found


def _file(number: str, position: int, kind: str, mime_type: str) -> SampleFile:
    suffix, make = _MAKERS[_bare(mime_type)]
    return SampleFile(f"{number}-{position}.{suffix}", kind, mime_type, make(f"{_WORDS} ({number}, {kind})"))


def _bare(mime_type: str) -> str:
    return mime_type.partition(";")[0].strip().lower()


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()


def _pdf(words: str) -> bytes:
    """One page with the words on it."""
    said = "".join(f"\\{sign}" if sign in "()\\" else sign for sign in _ascii(words))
    text = f"BT /F1 9 Tf 40 780 Td ({said}) Tj ET"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(text)}>>\nstream\n{text}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    data, starts = b"%PDF-1.4\n", []
    for position, content in enumerate(objects, 1):
        starts.append(len(data))
        data += f"{position} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{len(data)}\n"
    return data + end.encode() + b"%%EOF\n"


def _xml(words: str) -> bytes:
    said = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<test>{said}</test>\n'.encode()


def _text(words: str) -> bytes:
    return f"{words}\n".encode()


def _json(words: str) -> bytes:
    return json.dumps({"test": words}, ensure_ascii=False).encode()


def _rtf(words: str) -> bytes:
    said = "".join(f"\\{sign}" if sign in "{}\\" else sign for sign in _ascii(words))
    return f"{{\\rtf1\\ansi {said}}}".encode()


def _png(words: str) -> bytes:
    """One grey dot."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    comment = b"Comment\0" + words.encode("latin-1", "replace")
    dot = zlib.compress(b"\0\x80")
    parts = chunk(b"IHDR", head) + chunk(b"tEXt", comment) + chunk(b"IDAT", dot) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _zip(words: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("TEST.txt"), _text(words))
    return data.getvalue()


def _gzip(words: str) -> bytes:
    return gzip.compress(_text(words), mtime=0)


Maker = tuple[str, Callable[[str], bytes]]
_MAKERS: Final[Mapping[str, Maker]] = MappingProxyType(
    {
        "application/pdf": ("pdf", _pdf),
        "application/xml": ("xml", _xml),
        "text/xml": ("xml", _xml),
        "text/plain": ("txt", _text),
        "text/csv": ("csv", _text),
        "application/json": ("json", _json),
        "application/rtf": ("rtf", _rtf),
        "text/rtf": ("rtf", _rtf),
        "image/png": ("png", _png),
        "application/zip": ("zip", _zip),
        "application/x-zip-compressed": ("zip", _zip),
        "application/gzip": ("gz", _gzip),
        "application/x-gzip": ("gz", _gzip),
    }
)
