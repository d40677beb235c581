"""Forms with files (RFC 7578) that lie in a file already: where each part is, without ever holding one in memory."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from email.utils import collapse_rfc2231_value
from typing import BinaryIO, Final

from gateway.domain.errors import InvalidRequestError

MOST_PARTS: Final = 1001
_HEAD: Final = 8 * 1024
_PIECE: Final = 256 * 1024
_LONGEST_BOUNDARY: Final = 70
_BROKEN: Final = "@body: is not a well-formed multipart/form-data"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `size` bytes from `offset` of the file on."""

    name: str
    file_name: str | None
    offset: int
    size: int


def boundary(content_type: str) -> bytes:
    """The boundary in a Content-Type header. Raises InvalidRequestError when it has none."""
    message = Message()
    message["Content-Type"] = content_type
    found = message.get_boundary("")
    if not 0 < len(found) <= _LONGEST_BOUNDARY or not found.isascii():
        raise InvalidRequestError("@header.Content-Type: a multipart body needs a boundary of at most 70 characters")
    return found.encode()


def parts(file: BinaryIO, between: bytes) -> list[Part]:
    """The parts of a form in their order. Raises InvalidRequestError unless it is whole and well-formed. Blocks."""
    delimiter = b"\r\n--" + between
    at = len(delimiter) - 2 if _read(file, 0, len(delimiter) - 2) == delimiter[2:] else _end_of(file, delimiter, 0)
    found: list[Part] = []
    while True:
        head = _read(file, at, _HEAD)
        if head.startswith(b"--"):
            return found
        line, _, headers = head.partition(b"\r\n")
        if line.strip(b" \t") or len(found) == MOST_PARTS:
            raise InvalidRequestError(_BROKEN if line else f"@body: has more than {MOST_PARTS} parts")
        headers, blank, _ = headers.partition(b"\r\n\r\n")
        if not blank:
            raise InvalidRequestError(_BROKEN)
        start = at + len(line) + 2 + len(headers) + 4
        at = _end_of(file, delimiter, start)
        name, file_name = _names(headers)
        found.append(Part(name, file_name, start, at - len(delimiter) - start))


def _names(headers: bytes) -> tuple[str, str | None]:
    try:
        message = HeaderParser().parsestr(headers.decode() + "\r\n\r\n")
    except UnicodeDecodeError:
        raise InvalidRequestError(_BROKEN) from None
    if message.get("Content-Transfer-Encoding", "binary").strip().lower() not in ("binary", "8bit", "7bit"):
        raise InvalidRequestError("@body: parts must be sent as they are, without Content-Transfer-Encoding")
    name, file_name = (message.get_param(key, header="Content-Disposition") for key in ("name", "filename"))
    if message.get_content_disposition() != "form-data" or name is None:
        raise InvalidRequestError("@body: every part needs `Content-Disposition: form-data` with a name")
    return collapse_rfc2231_value(name), None if file_name is None else collapse_rfc2231_value(file_name)


def _end_of(file: BinaryIO, delimiter: bytes, start: int) -> int:
    """Where the next delimiter ends."""
    while True:
        piece = _read(file, start, _PIECE)
        at = piece.find(delimiter)
        if at >= 0:
            return start + at + len(delimiter)
        if len(piece) < _PIECE:
            raise InvalidRequestError(_BROKEN)
        start += len(piece) - len(delimiter) + 1


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)
