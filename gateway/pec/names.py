"""Names of archives and of their entries (PEC contract, Archive name and Entries).

Every name made here is good on Linux, macOS and Windows, in a zip entry and in an SFTP path.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from string import Formatter
from typing import Literal
from zoneinfo import ZoneInfo

from gateway.pec.media import extension, extension_in

Kind = Literal["doc", "pj"]

PARIS = ZoneInfo("Europe/Paris")
DEFAULT_TEMPLATE = "{number}-{process}-{sequence}.zip"
TEMPLATE_FIELDS = ("number", "process", "sequence", "sender", "timestamp", "channel")
DEFAULT_CHANNEL = "pec"
MESSAGE_NAME = "message.xml"

# File systems count bytes: the parts below leave any entry name within 255 of them.
MAX_NAME_BYTES = 255
_NUMBER_CHARS, _NUMBER_BYTES = 100, 120
_PROCESS_BYTES, _CODE_BYTES, _SENDER_BYTES, _CHANNEL_BYTES = 40, 60, 40, 20
_MAX_SEQUENCE = 999_999

_ORDINARY = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_. -]{0,38}[A-Za-z0-9_-])?")
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)")
_FORBIDDEN = frozenset('/\\:*?"<>|\ufffe\uffff')
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
_DIGEST_CHARS = 8


def safe_number(external_id: str) -> str:
    """A depositor's external id as it may stand in a file name: at most 100 characters and 120 bytes of UTF-8.

    Ordinary ids come back unchanged. Whatever has to be replaced, dropped or cut is made up for by a short digest, so
    that ids which differ (beyond Unicode normalisation and outer blanks) keep different names.
    ``safe_number(safe_number(x)) == safe_number(x)``, and the number read in an answer maps to the same value.
    """
    return _safe(external_id, _NUMBER_BYTES, _NUMBER_CHARS)


def safe_file_name(name: str) -> str:
    """The last component of a foreign path as a safe file name of at most 150 bytes that keeps its extension."""
    base = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    ext = extension_in(base)
    if not ext:
        return _safe(base, 150)
    suffix = base.rstrip()[-len(ext) - 1 :]
    return _safe(base.rstrip()[: -len(suffix)], 150 - len(suffix)) + suffix


def check_template(template: str) -> None:
    """Accept an archive name template, or raise ``ValueError`` saying what to change.

    ``{number}`` and ``{sequence}`` are required because together they keep names unique; fields must not touch, since
    ``12`` and ``3`` would then make the name of ``1`` and ``23``.
    """
    where = f"archive name template {template!r}"
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{where}: {error}; write fields as {{number}}") from None
    fields = [field for _, field, _, _ in parts if field is not None]
    known = ", ".join(f"{{{field}}}" for field in TEMPLATE_FIELDS)
    for literal, field, spec, conversion in parts:
        if field is not None and (field not in TEMPLATE_FIELDS or spec or conversion):
            raise ValueError(f"{where}: {{{field}}} is not a plain known field; use {known}")
        if any(_is_forbidden(character) for character in literal):
            raise ValueError(f'{where}: remove the characters / \\ : * ? " < > | and controls')
    for needed in ("number", "sequence"):
        if needed not in fields:
            raise ValueError(f"{where}: add {{{needed}}}, without it two archives could get one name")
    if any(not literal and field for literal, field, _, _ in parts[1:]):
        raise ValueError(f"{where}: put a separator such as - between two fields")
    if not template.endswith(".zip"):
        raise ValueError(f"{where}: end it with .zip")
    if template.startswith((".", " ")):
        raise ValueError(f"{where}: do not start it with a dot or a space")
    longest = {"number": _NUMBER_BYTES, "process": _PROCESS_BYTES, "sequence": len(str(_MAX_SEQUENCE)), "timestamp": 14}
    longest |= {"sender": _SENDER_BYTES, "channel": _CHANNEL_BYTES}
    size = sum(len(literal.encode()) + (longest[field] if field else 0) for literal, field, _, _ in parts)
    if size > MAX_NAME_BYTES:
        raise ValueError(f"{where}: names could reach {size} bytes; shorten it so that {MAX_NAME_BYTES} are enough")


def archive_name(
    template: str,
    *,
    number: str,
    process: str,
    sequence: int,
    sender: str = "",
    published_at: datetime,
    channel: str = DEFAULT_CHANNEL,
) -> str:
    """The name of an archive by a template that ``check_template`` accepts; ``{timestamp}`` is local Paris time."""
    name = template.format(
        number=safe_number(number),
        process=_safe(process, _PROCESS_BYTES),
        sequence=_sequence(sequence),
        sender=_safe(sender, _SENDER_BYTES),
        timestamp=published_at.astimezone(PARIS).strftime("%Y%m%d%H%M%S"),
        channel=_safe(channel, _CHANNEL_BYTES),
    )
    return unicodedata.normalize("NFC", name)


def envelope_name(number: str, process: str, sequence: int) -> str:
    """The entry name of the envelope."""
    return f"{safe_number(number)}-{_safe(process, _PROCESS_BYTES)}-ent-{_sequence(sequence)}.xml"


def piece_name(
    number: str,
    process: str,
    sequence: int,
    *,
    kind: Kind,
    code: str,
    occurrence: int,
    file_name: str = "",
    mime_type: str = "",
) -> str:
    """The entry name of one document (``doc``) or supporting file (``pj``)."""
    head = f"{safe_number(number)}-{_safe(process, _PROCESS_BYTES)}-{kind}-{_safe(code, _CODE_BYTES)}"
    return f"{head}-{_sequence(occurrence)}-{_sequence(sequence)}.{extension(file_name, mime_type)}"


def occurrences(codes: Iterable[tuple[Kind, str]]) -> list[int]:
    """The occurrence number of each piece, counted per kind and code as file names see them.

    Codes that differ only by case, or only by what a file name cannot hold, are counted together: entry names stay
    unique where upper and lower case are one.
    """
    seen: dict[tuple[Kind, str], int] = {}
    counted = []
    for kind, code in codes:
        key = (kind, _safe(code, _CODE_BYTES).casefold())
        seen[key] = seen.get(key, 0) + 1
        counted.append(seen[key])
    return counted


def _sequence(value: int) -> int:
    if not 1 <= value <= _MAX_SEQUENCE:
        raise ValueError(f"sequence or occurrence {value} is not between 1 and {_MAX_SEQUENCE}")
    return value


def _is_forbidden(character: str) -> bool:
    if character in _FORBIDDEN or unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
        return True
    return character != " " and character.isspace()


def _safe(text: str, max_bytes: int, max_chars: int | None = None) -> str:
    if _ORDINARY.fullmatch(text) and not _RESERVED.match(text) and len(text) <= max_bytes:
        return text
    text = unicodedata.normalize("NFC", text).strip()
    safe = "".join("_" if _is_forbidden(character) else character for character in text).strip(". ")
    if _RESERVED.match(safe):
        safe = "_" + safe
    if safe == text and safe and len(safe) <= (max_chars or max_bytes) and len(safe.encode()) <= max_bytes:
        return safe
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARS]
    room = max_bytes - _DIGEST_CHARS - 1
    kept = safe[: (max_chars or max_bytes) - _DIGEST_CHARS - 1].encode()[:room].decode("utf-8", "ignore").rstrip(". ")
    return f"{kept}_{digest}" if kept else digest
