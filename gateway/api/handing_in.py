"""A folder with its files in one request: a form, or a zip that holds `folder.json` beside the files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Final

from aiohttp import web

from gateway.api import drafts, folders, multipart
from gateway.api.context import CONTEXT, office_of
from gateway.api.errors import Refusal
from gateway.api.repetition import created, once
from gateway.api.spool import pieces, spooled
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.pec.refusals import UnreadableAnswer
from gateway.pec.zip_reading import Limits, Zipped, inflate, read_directory
from gateway.services import deposit, handing_in
from gateway.services.deposit import NewFolder
from gateway.services.handing_in import Content
from gateway.services.office import Office

FOLDER: Final = "folder"
FOLDER_FILE: Final = "folder.json"


@dataclass(frozen=True, slots=True)
class _File:
    """One file of the request: what it may be called, its size in bytes and its bytes."""

    names: tuple[str, ...]
    size: int
    content: Content


async def create(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /folders: 201 with the folder as it reads once it is published."""
    context, office = request.app[CONTEXT], office_of(request)
    kind = request.content_type
    if kind not in ("multipart/form-data", "application/zip"):
        raise Refusal(415, "Content-Type must be multipart/form-data or application/zip")
    between = multipart.boundary(request.headers["Content-Type"]) if kind.startswith("multipart/") else b""
    most = context.attachment_max_size + context.json_max_size
    limits = Limits(entries=multipart.MOST_PARTS, total=most, ratio=office.policy.answer_limits.ratio)
    async with spooled(request, most) as file:
        found = await asyncio.to_thread(partial(_form, file, between) if between else partial(_zip, file, limits))
        folder, files = _parted(found, FOLDER if between else FOLDER_FILE)
        if folder.size > context.json_max_size:
            raise InvalidRequestError(f"@body.{folder.names[0]}: is larger than {context.json_max_size} bytes")
        raw, ordered, faults = _matched(await _whole(folder.content), files)
        new = await _asked(office, caller, raw, faults)
        asks = await _digest(raw, ordered) if "Idempotency-Key" in request.headers else b""
        key = once(request, asks, folders.render)
        answer = await handing_in.hand_in(office, caller, new, [one.content for one in ordered], key)
    return created(answer, folders.render)


async def _asked(office: Office, caller: Caller, raw: bytes, faults: list[str]) -> NewFolder:
    """The folder; raises with the faults of its files and its own together."""
    try:
        new = await folders.asked(office, caller, raw)
    except InvalidRequestError as error:
        raise InvalidRequestError(*faults, *error.faults) from None
    if faults:
        raise InvalidRequestError(*faults, *await deposit.check_folder(office, caller, drafts.folder(raw)))
    return new


def _form(file: BinaryIO, between: bytes) -> list[_File]:
    return [
        _File(
            (part.name,) if part.file_name is None else (part.name, part.file_name),
            part.size,
            partial(pieces, file, part.offset, part.size),
        )
        for part in multipart.parts(file, between)
    ]


def _zip(file: BinaryIO, limits: Limits) -> list[_File]:
    size = file.seek(0, os.SEEK_END)
    try:
        entries = read_directory(file, size, limits)
    except UnreadableAnswer as error:
        raise InvalidRequestError(f"@body: {error.english}") from None
    return [_File((entry.path,), entry.size, partial(_inflated, file, entry)) for entry in entries]


async def _inflated(file: BinaryIO, entry: Zipped) -> AsyncIterator[bytes]:
    chunks = inflate(file, entry)
    try:
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            yield chunk
    except UnreadableAnswer as error:
        raise InvalidRequestError(error.english) from None


def _parted(found: Sequence[_File], name: str) -> tuple[_File, list[_File]]:
    """The folder's own JSON, and the files."""
    folder = [one for one in found if one.names[0] == name]
    if len(folder) != 1:
        raise InvalidRequestError(f"@body: must hold {name}, the folder as JSON, once; it is there {len(folder)} times")
    return folder[0], [one for one in found if one is not folder[0]]


def _matched(raw: bytes, files: Sequence[_File]) -> tuple[bytes, list[_File], list[str]]:
    """The folder with the sizes of its files, the files in the order of its attachments, and what does not match.

    A file is called by the position of its attachment, `attachments[0]`, or by its fileName where no other has it.
    """
    try:
        folder = json.loads(raw)
        attachments: list[dict[str, Any]] = folder["attachments"]
        names = [each["fileName"] for each in attachments]
        counted = Counter(names)
    except (ValueError, KeyError, TypeError, RecursionError):
        return raw, [], []  # what is wrong is told by the interface's own checks
    faults: list[str] = []
    ordered: list[_File] = []
    used: set[int] = set()
    for position, (name, attachment) in enumerate(zip(names, attachments, strict=True)):
        place = f"attachments[{position}]"
        called = {place} | ({name} if counted[name] == 1 else set())
        found = [one for one in files if called & set(one.names)]
        used |= {id(one) for one in found}
        if len(found) != 1:
            faults.append(f"{place}: {len(found) or 'no'} files are called {place} or by its fileName, one is needed")
            attachment.setdefault("size", 1)  # its lack is no second fault
            continue
        ordered.append(found[0])
        said = attachment.setdefault("size", found[0].size)
        if type(said) is int and said != found[0].size:
            faults.append(f"{place}.size: is {said}, but its file has {found[0].size} bytes")
    faults += [f"@body: no attachment is called {one.names[-1]!a}" for one in files if id(one) not in used]
    return json.dumps(folder).encode(), ordered, faults


async def _whole(content: Content) -> bytes:
    return b"".join([piece async for piece in content()])


async def _digest(raw: bytes, files: Sequence[_File]) -> bytes:
    """What is asked, whatever the form's boundary or the zip's packing: the folder, and the digest of every file."""
    whole = hashlib.sha256(raw)
    for one in files:
        digest = hashlib.sha256()
        async for piece in one.content():
            digest.update(piece)
        whole.update(digest.digest())
    return whole.digest()
