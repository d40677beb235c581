"""What a file is by its first bytes, and whether that contradicts what was declared of it. Names are never looked at.

Only what is certain counts as a contradiction: types that are not known here are let through, and so is everything a
type may look like in real life (byte order marks, white space, UTF-16, a PDF behind some junk).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

HEAD: Final = 4096  # bytes that `recognise` wants to see

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."


class Content(StrEnum):
    """What a file can be recognised as, by its media type."""

    PDF = "application/pdf"
    XML = "application/xml"
    HTML = "text/html"
    JSON = "application/json"
    RTF = "application/rtf"
    TEXT = "text/plain"
    PNG = "image/png"
    JPEG = "image/jpeg"
    GIF = "image/gif"
    TIFF = "image/tiff"
    BMP = "image/bmp"
    WEBP = "image/webp"
    HEIC = "image/heic"
    ZIP = "application/zip"
    DOCX = f"{_OOXML}wordprocessingml.document"
    XLSX = f"{_OOXML}spreadsheetml.sheet"
    PPTX = f"{_OOXML}presentationml.presentation"
    PACKAGE = "application/x-ooxml"
    ODT = f"{_ODF}text"
    ODS = f"{_ODF}spreadsheet"
    OPENDOCUMENT = "application/x-opendocument"
    GZIP = "application/gzip"
    SEVEN_ZIP = "application/x-7z-compressed"
    RAR = "application/vnd.rar"
    BZIP2 = "application/x-bzip2"
    XZ = "application/x-xz"
    ZSTANDARD = "application/zstd"
    COMPOUND = "application/x-ole-storage"
    EXECUTABLE = "application/x-executable"
    UNKNOWN = "application/octet-stream"


PACKED: Final = frozenset(
    {
        Content.ZIP,
        Content.DOCX,
        Content.XLSX,
        Content.PPTX,
        Content.PACKAGE,
        Content.ODT,
        Content.ODS,
        Content.OPENDOCUMENT,
    }
)
UNMEASURED: Final[Mapping[str, Content]] = MappingProxyType(
    {
        "application/x-7z-compressed": Content.SEVEN_ZIP,
        "application/vnd.rar": Content.RAR,
        "application/x-rar": Content.RAR,
        "application/x-rar-compressed": Content.RAR,
        "application/x-bzip2": Content.BZIP2,
        "application/x-bzip": Content.BZIP2,
        "application/x-xz": Content.XZ,
        "application/zstd": Content.ZSTANDARD,
    }
)
"""What packs files so that nobody here can tell how large they become: taken under its own type alone."""
_TEXTUAL: Final = frozenset(
    {Content.TEXT, Content.XML, Content.HTML, Content.JSON, Content.RTF, Content.UNKNOWN}
)  # UNKNOWN: text has many encodings

# A document protected by a password is an OLE compound around the encrypted package.
_EXPECTED: Final[Mapping[str, frozenset[Content]]] = MappingProxyType(
    {
        "application/xml": frozenset({Content.XML}),
        "text/xml": frozenset({Content.XML}),
        "application/json": frozenset({Content.JSON}),
        "application/rtf": frozenset({Content.RTF}),
        "text/rtf": frozenset({Content.RTF}),
        "text/plain": _TEXTUAL,
        "text/csv": _TEXTUAL,
        "image/png": frozenset({Content.PNG}),
        "image/jpeg": frozenset({Content.JPEG}),
        "image/jpg": frozenset({Content.JPEG}),
        "image/pjpeg": frozenset({Content.JPEG}),
        "image/gif": frozenset({Content.GIF}),
        "image/tiff": frozenset({Content.TIFF}),
        "image/bmp": frozenset({Content.BMP}),
        "image/webp": frozenset({Content.WEBP}),
        "image/heic": frozenset({Content.HEIC}),
        "application/zip": PACKED,
        "application/x-zip-compressed": PACKED,
        Content.GZIP: frozenset({Content.GZIP}),
        "application/x-gzip": frozenset({Content.GZIP}),
        **{name: frozenset({content}) for name, content in UNMEASURED.items()},
        Content.DOCX: frozenset({Content.DOCX, Content.PACKAGE, Content.COMPOUND}),
        Content.XLSX: frozenset({Content.XLSX, Content.PACKAGE, Content.COMPOUND}),
        Content.PPTX: frozenset({Content.PPTX, Content.PACKAGE, Content.COMPOUND}),
        Content.ODT: frozenset({Content.ODT, Content.OPENDOCUMENT}),
        Content.ODS: frozenset({Content.ODS, Content.OPENDOCUMENT}),
    }
)
_FOLDERS: Final = {"word": Content.DOCX, "xl": Content.XLSX, "ppt": Content.PPTX}
_MAGIC: Final = (
    (b"\x7fELF", Content.EXECUTABLE),
    (b"\xfe\xed\xfa\xce", Content.EXECUTABLE),
    (b"\xfe\xed\xfa\xcf", Content.EXECUTABLE),
    (b"\xce\xfa\xed\xfe", Content.EXECUTABLE),
    (b"\xcf\xfa\xed\xfe", Content.EXECUTABLE),
    (b"\xca\xfe\xba\xbe", Content.EXECUTABLE),
    (b"L\0\0\0\x01\x14\x02\0", Content.EXECUTABLE),  # a Windows shortcut
    (b"%PDF-", Content.PDF),
    (b"\x89PNG\r\n\x1a\n", Content.PNG),
    (b"\xff\xd8\xff", Content.JPEG),
    (b"GIF87a", Content.GIF),
    (b"GIF89a", Content.GIF),
    (b"II*\0", Content.TIFF),
    (b"MM\0*", Content.TIFF),
    (b"II+\0", Content.TIFF),
    (b"MM\0+", Content.TIFF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content.COMPOUND),
    (b"{\\rtf", Content.RTF),
    (b"\x1f\x8b\x08", Content.GZIP),
    (b"7z\xbc\xaf\x27\x1c", Content.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Content.RAR),
    (b"\xfd7zXZ\0", Content.XZ),
    (b"\x28\xb5\x2f\xfd", Content.ZSTANDARD),
    *((b"BZh%c1AY&SY" % level, Content.BZIP2) for level in b"123456789"),
    (b"\x4c\x6f\xa7\x94", Content.XML),  # `<?xm` in EBCDIC
)
_HEIC: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_ZIP_STARTS: Final = (b"PK\x03\x04", b"PK\x05\x06")
_CONTROLS: Final = bytes({*range(32)} - {*b"\t\n\v\f\r\b\x1a\x1b"})
_PDF_WITHIN: Final = 1024
_BATCH: Final = re.compile(r"@echo[ \t]+off\b", re.IGNORECASE)
_SCRIPT: Final = re.compile(r"#![ \t]*/")
_MARKUP: Final = re.compile(r"<(?:[?!A-Za-z_:]|[^\x00-\x7f])")
_HYPERTEXT: Final = re.compile(r"<(?:!doctype[ \t\r\n]+html|html)\b", re.IGNORECASE)
_STRUCTURE: Final = re.compile(r"\{\s*(?:[\"}]|\Z)|\[\s*(?:[\[{\"\-0-9tfn\]]|\Z)")
_SCALAR: Final = re.compile(r"\"|-?[0-9]|true\b|false\b|null\b")


def recognise(head: bytes, names: Collection[str] = ()) -> Content:
    """What begins with `head` (the first HEAD bytes); for a zip, `names` are the paths of its entries.

    Without `names` an office document of Microsoft's kind is a ZIP.
    """
    text = _text(head)
    if (head.startswith(b"MZ") and text is None) or (text and (_SCRIPT.match(text) or _BATCH.match(text.lstrip()))):
        return Content.EXECUTABLE
    for magic, content in _MAGIC:
        if head.startswith(magic):
            return content
    if head.startswith(_ZIP_STARTS):
        return _packed(head, names)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Content.WEBP
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return Content.HEIC
    if text is not None:
        return _textual(text.lstrip())
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return Content.BMP
    return Content.PDF if b"%PDF-" in head[:_PDF_WITHIN] else Content.UNKNOWN


def contradiction(declared: str, head: bytes, names: Collection[str] | None = None) -> Content | None:
    """What the file is when it cannot be what was `declared` (a MIME type); an executable never can. None otherwise.

    `names` as for `recognise`; None while they are not known.
    """
    found = recognise(head, names or ())
    wanted = _bare(declared)
    if found is Content.EXECUTABLE or not _possible(wanted, found, head, known=names is not None):
        return found
    return None


def unmeasured(declared: str) -> bool:
    """Whether a declared MIME type is that of an archive whose unpacked size nobody here can tell."""
    return _bare(declared) in UNMEASURED


def _bare(declared: str) -> str:
    return declared.partition(";")[0].strip().lower()


def _possible(wanted: str, found: Content, head: bytes, *, known: bool) -> bool:
    if wanted == Content.PDF:
        return b"%PDF-" in head[:_PDF_WITHIN]
    expected = _EXPECTED.get(wanted)
    if wanted.endswith("+xml"):
        expected = frozenset({Content.XML, Content.HTML} if wanted == "application/xhtml+xml" else {Content.XML})
    elif wanted.endswith("+json"):
        expected = _EXPECTED["application/json"]
    elif wanted.endswith("+zip"):
        expected = PACKED
    if expected is None or found in expected:
        return expected is not None or found not in UNMEASURED.values()
    if expected == {Content.JSON}:
        text = _text(head)
        return text is not None and _SCALAR.match(text.lstrip()) is not None
    return not known and found is Content.ZIP and bool(expected & PACKED)


def _packed(head: bytes, names: Collection[str]) -> Content:
    if head[30:38] == b"mimetype":  # OpenDocument says in its first entry what it is
        said = head[38:].partition(b"PK")[0]
        if said.startswith(_ODF.encode()):
            kinds = (Content.ODT, Content.ODS)
            return next((kind for kind in kinds if said == kind.encode()), Content.OPENDOCUMENT)
    if "META-INF/manifest.xml" in names and "content.xml" in names:
        return Content.OPENDOCUMENT
    if "[Content_Types].xml" not in names:
        return Content.ZIP
    folders = {name.partition("/")[0] for name in names}
    return next((kind for folder, kind in _FOLDERS.items() if folder in folders), Content.PACKAGE)


def _textual(text: str) -> Content:
    if text.startswith("<?xml"):
        return Content.XML
    if _HYPERTEXT.match(text) and "xmlns" not in text:
        return Content.HTML
    if _MARKUP.match(text):
        return Content.XML
    return Content.JSON if _STRUCTURE.match(text) else Content.TEXT


def _text(head: bytes) -> str | None:
    """The head as text, if it is text; what a multi-byte encoding cuts off at the end is left out."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace")
    if head.startswith((b"<\0", b"\0<")):  # XML in UTF-16 needs no mark
        return head.decode("utf-16-le" if head[0] else "utf-16-be", "replace")
    if len(head.translate(None, _CONTROLS)) != len(head):
        return None
    return head.decode("utf-8", "replace")
