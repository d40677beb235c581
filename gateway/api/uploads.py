"""Resumable uploads of attachments: tus 1.0.0 with creation, expiration, termination and checksum."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from functools import wraps
from typing import Final, TypeVar

from aiohttp import web

from gateway.api import errors, parameters
from gateway.api.authentication import Operation
from gateway.api.context import CONTEXT, office_of
from gateway.api.errors import Refusal
from gateway.api.problems import NATIVE_BASE, problem
from gateway.api.reading import stream
from gateway.api.repetition import once
from gateway.domain.blob import BlobBusy
from gateway.domain.errors import DomainError, InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.ids import canonical_id
from gateway.domain.uploads import Upload
from gateway.services import uploads
from gateway.services.once import Replay

VERSION: Final = "1.0.0"
KIND: Final = "application/offset+octet-stream"
CHECKSUM_MISMATCH: Final = 460
_NUMBER: Final = re.compile("[0-9]{1,18}")
_OF_A_FOLDER: Final = frozenset({"folderId", "attachmentId"})
_OF_AN_EVENT: Final = frozenset({"caseId", "eventId", "attachmentId"})
T = TypeVar("T")


def _tus(operation: Operation) -> Operation:
    """The operation for clients of this version; its answers, refusals too, are those of the protocol."""

    @wraps(operation)
    async def spoken(request: web.Request, caller: Caller) -> web.StreamResponse:
        try:
            if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
                raise Refusal(412, f"Tus-Resumable must be {VERSION}", {"Tus-Version": VERSION})
            response = await operation(request, caller)
        except (DomainError, Refusal) as error:
            response = _refusal(error)
        return response

    return spoken


def tell(request: web.Request, response: web.StreamResponse) -> None:
    """Says in every answer below the uploads' path, whatever refused the request, which version they speak."""
    path = request.path.removeprefix(f"{NATIVE_BASE}/uploads")
    if path != request.path and path[:1] in ("", "/"):
        response.headers["Tus-Resumable"] = VERSION


async def resource(request: web.Request, caller: Caller) -> web.StreamResponse:
    """HEAD, PATCH and DELETE of /uploads/{uploadId}, or POST with one of them in `X-HTTP-Method-Override`.

    Where that header is given it decides, whatever the method of the request is: so the protocol has it.
    """
    method = request.headers.get("X-HTTP-Method-Override", request.method).strip().upper()
    operation = {"HEAD": describe, "PATCH": append, "DELETE": terminate}.get(method)
    if operation is None:
        message = "Method not allowed: POST needs the header X-HTTP-Method-Override with HEAD, PATCH or DELETE"
        raise Refusal(405, message, {"Allow": "DELETE, HEAD, PATCH, POST"})
    return await operation(request, caller)


@_tus
async def options(request: web.Request, _caller: Caller) -> web.StreamResponse:
    """OPTIONS /uploads: what this door speaks."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,expiration,termination,checksum",
        "Tus-Checksum-Algorithm": "sha256",
        "Tus-Max-Size": str(request.app[CONTEXT].attachment_max_size),
    }
    return web.Response(status=204, headers=headers)


@_tus
async def create(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /uploads: begins an upload for the attachment that `Upload-Metadata` names."""
    size = _number(request, "Upload-Length")
    most = request.app[CONTEXT].attachment_max_size
    if size > most:
        raise Refusal(413, f"Upload-Length is too large: at most {most} bytes are accepted")
    given = request.headers.get("Upload-Metadata", "")
    new = _new(size, given)
    key = once(request, f"{size}\n{given}".encode("utf-8", "surrogateescape"), _kept)
    begun = await uploads.begin(office_of(request), caller, new, key)
    if isinstance(begun, Replay):
        return web.Response(status=201, headers={"Location": _location(begun.text), "Idempotency-Replayed": "true"})
    return web.Response(status=201, headers={"Location": _location(begun.id), **_expires(begun)})


@_tus
async def describe(request: web.Request, caller: Caller) -> web.StreamResponse:
    """HEAD /uploads/{uploadId}: how many bytes are durable."""
    (upload_id,) = parameters.path_ids(request, "uploadId")
    upload = await uploads.describe(office_of(request), caller, upload_id)
    headers = {"Upload-Length": str(upload.size), "Cache-Control": "no-store"}
    return web.Response(status=200, headers=headers | _progress(upload))


@_tus
async def append(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PATCH /uploads/{uploadId}: the bytes that follow `Upload-Offset`."""
    (upload_id,) = parameters.path_ids(request, "uploadId")
    if request.content_type != KIND:
        raise Refusal(415, f"Content-Type must be {KIND}")
    offset, sha256 = _number(request, "Upload-Offset"), _checksum(request)
    chunks = stream(request, request.app[CONTEXT].attachment_max_size)
    upload = await uploads.append(office_of(request), caller, upload_id, offset, chunks, request.content_length, sha256)
    return web.Response(status=204, headers=_progress(upload))


@_tus
async def terminate(request: web.Request, caller: Caller) -> web.StreamResponse:
    """DELETE /uploads/{uploadId}."""
    (upload_id,) = parameters.path_ids(request, "uploadId")
    await uploads.terminate(office_of(request), caller, upload_id)
    return web.Response(status=204)


def _refusal(error: DomainError | Refusal) -> web.StreamResponse:
    headers: dict[str, str] = {}
    seen: DomainError | Refusal = error
    if isinstance(error, uploads.OffsetError):
        headers["Upload-Offset"] = str(error.offset)
    elif isinstance(error, BlobBusy):
        seen = Refusal(423, error.message)
    elif isinstance(error, uploads.ChecksumError):
        seen = Refusal(CHECKSUM_MISMATCH, error.message)
    answer = errors.answer(seen)
    if answer is None:
        raise error
    answer.headers.update(headers)
    return problem(answer, error)


def _kept(upload: Upload) -> str:
    return upload.id


def _location(upload_id: str) -> str:
    return f"{NATIVE_BASE}/uploads/{upload_id}"


def _progress(upload: Upload) -> dict[str, str]:
    return {"Upload-Offset": str(upload.offset), **_expires(upload)}


def _expires(upload: Upload) -> dict[str, str]:
    moment: datetime = upload.expires_at
    return {"Upload-Expires": format_datetime(moment, usegmt=True)}


def _number(request: web.Request, name: str) -> int:
    text = request.headers.get(name, "")
    if _NUMBER.fullmatch(text) is None:
        raise InvalidRequestError(f"@header.{name}: must be a whole number of bytes")
    return int(text)


def _checksum(request: web.Request) -> bytes | None:
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    digest = _base64(value)
    if algorithm != "sha256" or digest is None or len(digest) != 32:
        raise InvalidRequestError("@header.Upload-Checksum: must be `sha256` and the base64 of a SHA-256")
    return digest


def _new(size: int, given: str) -> uploads.NewUpload:
    """What the metadata name; every fault of them at once. Other keys are the client's own."""
    found: dict[str, bytes | None] = {}
    for pair in given.split(","):
        key, _, value = pair.strip().partition(" ")
        found[key] = _base64(value)
    faults: list[str] = []
    wanted = _OF_A_FOLDER if "folderId" in found else _OF_AN_EVENT
    ids = {name: _read(found, name, canonical_id, "a UUID", faults) for name in sorted(wanted)}
    sha256 = _read(found, "digest", parameters.sha256_of, "a SHA-256 in base64", faults) if "digest" in found else None
    if "folderId" in found and {"caseId", "eventId"} & found.keys():
        faults.append("@header.Upload-Metadata: names a folder or an event, not both")
    if faults:
        raise InvalidRequestError(*faults)
    return uploads.NewUpload(
        size, ids["attachmentId"] or "", ids.get("folderId"), ids.get("caseId"), ids.get("eventId"), sha256
    )


def _read(
    found: dict[str, bytes | None], name: str, read: Callable[[str], T], what: str, faults: list[str]
) -> T | None:
    try:
        return read((found.get(name) or b"").decode("ascii"))
    except ValueError:
        faults.append(f"@header.Upload-Metadata: {name} must be the base64 of {what}")
        return None


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
