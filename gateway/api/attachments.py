"""Bytes of attachments: put by their author, fetched whole or by range by those who may see them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from gateway.api import parameters, rendering
from gateway.api.context import CONTEXT, office_of
from gateway.api.downloads import send
from gateway.api.errors import Refusal
from gateway.api.reading import stream
from gateway.domain.identity import Caller
from gateway.services import attachments


async def put(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PUT /folders/{folderId}/attachments/{attachmentId}: the raw bytes, with an optional `digest` header."""
    folder_id, attachment_id = parameters.path_ids(request, "folderId", "attachmentId")
    sha256, size = parameters.digest(request), _announced(request)
    await attachments.receive(office_of(request), caller, folder_id, attachment_id, _bytes_of(request), sha256, size)
    return rendering.no_content()


async def put_for_event(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PUT /cases/{caseId}/events/{eventId}/attachments/{attachmentId}: the same for a file of an event."""
    case_id, event_id, attachment_id = parameters.path_ids(request, "caseId", "eventId", "attachmentId")
    sha256, size = parameters.digest(request), _announced(request)
    office, chunks = office_of(request), _bytes_of(request)
    await attachments.receive_for_event(office, caller, case_id, event_id, attachment_id, chunks, sha256, size)
    return rendering.no_content()


async def fetch(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /cases/{caseId}/attachments/{attachmentId}."""
    case_id, attachment_id = parameters.path_ids(request, "caseId", "attachmentId")
    return await send(request, await attachments.open_attachment(office_of(request), caller, case_id, attachment_id))


async def fetch_of_event(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /cases/{caseId}/events/{eventId}/attachments/{attachmentId}."""
    case_id, event_id, attachment_id = parameters.path_ids(request, "caseId", "eventId", "attachmentId")
    office = office_of(request)
    download = await attachments.open_event_attachment(office, caller, case_id, event_id, attachment_id)
    return await send(request, download)


def _announced(request: web.Request) -> int | None:
    """How many bytes the file has according to its sender; None where the body itself is to be looked at first."""
    size = request.content_length
    if "Content-Encoding" in request.headers or size is None or size > request.app[CONTEXT].attachment_max_size:
        return None
    return size


def _bytes_of(request: web.Request) -> AsyncIterator[bytes]:
    if request.content_type.startswith("multipart/"):
        raise Refusal(415, "Send the bytes of the file itself as application/octet-stream, not a form")
    return stream(request, request.app[CONTEXT].attachment_max_size)
