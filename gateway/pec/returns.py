"""Answers of legacy servers: is one whole, what does it say, which files does it bring (PEC contract, Answers)."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import BinaryIO, Literal

from gateway.pec.media import extension_in, mime_type
from gateway.pec.names import MESSAGE_NAME, safe_file_name
from gateway.pec.refusals import UnreadableAnswer, error_text, refusal
from gateway.pec.retour import ending, read_retour
from gateway.pec.zip_reading import Limits, Zipped, find_directory, inflate, read_directory
from gateway.pec.zip_records import END_SIGNATURE, LOCAL_SIGNATURE

__all__ = [
    "Answer",
    "AnswerFile",
    "Completeness",
    "Limits",
    "UnreadableAnswer",
    "error_text",
    "etat_table",
    "extract",
    "judge",
    "read_answer",
]

Completeness = Literal["whole", "partial", "unreadable"]

DEFAULT_LIMITS = Limits()

# What an Etat means for the case; configuration may say otherwise. 17 falls back where a process takes no complements.
etat_table: Mapping[int, str] = MappingProxyType(
    {
        14: "SI_RECEIVED",
        15: "SI_INTG_ERROR",
        16: "IN_PROGRESS",
        17: "ADD_AWAITING",
        19: "DONE",
        20: "REFUSED",
        100: "DONE",
    }
)

_SNIFF = 4096
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_SYSTEM_FOLDERS = ("__MACOSX",)
_SYSTEM_FILES = (".ds_store", "thumbs.db")


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """A file that comes with an answer: ``name`` is a safe base name, unique in the answer; ``size`` in bytes."""

    name: str
    size: int
    mime_type: str
    zipped: Zipped | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a legacy server answers.

    ``number`` is NumeroTeledemarche, or NumeroTeledossier where that is the only one; ``other_number`` is
    NumeroTeledossier where it is given too and differs. ``safe_number`` of either is what archives are known by.
    ``etat`` is the last one given; ``comment`` holds all comments, one a line.
    """

    number: str
    other_number: str | None
    etat: int
    comment: str | None
    files: tuple[AnswerFile, ...]


def judge(file: BinaryIO, size: int, limits: Limits = DEFAULT_LIMITS) -> Completeness:
    """Whether an upload of ``size`` bytes has come whole, by its structure.

    ``partial``: it begins as an answer does and ends too early, so more bytes may come. ``unreadable``: no further
    byte could mend it; ``read_answer`` then raises with the reason. Reads the end of a zip, or a bare XML of at most
    ``limits.message`` bytes.
    """
    head = _read(file, 0, min(size, _SNIFF))
    if find_directory(file, size) is not None:
        return "whole"
    if _begins_as_zip(head) or not head.strip() or any(mark.startswith(head) for mark in _BYTE_ORDER_MARKS):
        return "partial"
    if not _begins_as_xml(head) or size > limits.message:
        return "unreadable"
    document = _read(file, 0, size)
    if len(document) < size:
        return "partial"
    try:
        return ending(document, limits.elements)
    except UnreadableAnswer:
        return "unreadable"


def read_answer(file: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> Answer:
    """Read an answer, zip or bare XML. Raises ``UnreadableAnswer`` and nothing else, whatever the bytes.

    The files are not inflated here: ``extract`` checks each as it streams.
    """
    size = file.seek(0, os.SEEK_END)
    head = _read(file, 0, min(size, _SNIFF))
    if _begins_as_zip(head) and len(head) >= len(LOCAL_SIGNATURE):
        return _read_zip(file, size, limits)
    if not _begins_as_xml(head):
        raise refusal("not_an_answer")
    if size > limits.message:
        raise refusal("message_too_large")
    return _answer(_read(file, 0, size), (), limits)


def extract(file: BinaryIO, answer_file: AnswerFile, limits: Limits = DEFAULT_LIMITS) -> Iterator[bytes]:
    """The bytes of a file of an answer, in chunks of at most 256 KiB.

    Raises ``UnreadableAnswer``, at the latest after the last chunk: keep the bytes only once the iterator has ended.
    """
    if answer_file.zipped is None:
        raise ValueError(f"{answer_file.name!r} was not read from an archive")
    if answer_file.size > limits.total:
        raise refusal("too_large")
    yield from inflate(file, answer_file.zipped)


def _read_zip(file: BinaryIO, size: int, limits: Limits) -> Answer:
    entries = read_directory(file, size, limits)
    messages = [entry for entry in entries if _base(entry) == MESSAGE_NAME]
    messages = [entry for entry in messages if not _is_system(entry)]
    if len(messages) != 1:
        raise refusal("several_messages" if messages else "no_message")
    message = messages[0]
    if message.size > limits.message:
        raise refusal("message_too_large")
    files = tuple(_named(entry for entry in entries if entry is not message and not _is_system(entry)))
    return _answer(b"".join(inflate(file, message)), files, limits)


def _answer(document: bytes, files: tuple[AnswerFile, ...], limits: Limits) -> Answer:
    retour = read_retour(document, limits.elements)
    return Answer(retour.number, retour.other_number, retour.etat, retour.comment, files)


def _named(entries: Iterator[Zipped]) -> Iterator[AnswerFile]:
    taken: set[str] = set()
    for entry in entries:
        wanted = name = safe_file_name(entry.path)
        ext = extension_in(wanted)
        stem = wanted[: -len(ext) - 1] if ext else wanted
        copy = 1
        while name.casefold() in taken:
            copy += 1
            name = f"{stem} ({copy}).{ext}" if ext else f"{stem} ({copy})"
        taken.add(name.casefold())
        yield AnswerFile(name, entry.size, mime_type(name), entry)


def _base(entry: Zipped) -> str:
    return entry.path.rpartition("/")[2].lower()


def _is_system(entry: Zipped) -> bool:
    return entry.path.split("/", 1)[0] in _SYSTEM_FOLDERS or _base(entry) in _SYSTEM_FILES


def _begins_as_zip(head: bytes) -> bool:
    """True for a prefix of a zip too, were it one byte."""
    return bool(head) and any(head[:4] == signature[: len(head)] for signature in (LOCAL_SIGNATURE, END_SIGNATURE))


def _begins_as_xml(head: bytes) -> bool:
    if head.startswith(_BYTE_ORDER_MARKS[1:]):
        return True
    return head.removeprefix(_BYTE_ORDER_MARKS[0]).lstrip(b" \t\r\n").startswith((b"<", b"\0<"))


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)
