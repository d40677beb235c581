"""Dossiers as one zip."""

from __future__ import annotations

import re

from aiohttp import web

from gateway.api import parameters
from gateway.api.context import office_of
from gateway.api.downloads import disposition, transfer
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.services import case_archives


async def fetch(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET or HEAD /cases/{caseId}/archive: of the latest delivery, or the one of `sequence`; whole or a range."""
    (case_id,) = parameters.path_ids(request, "caseId")
    archive = await case_archives.open_archive(office_of(request), caller, case_id, _sequence(request))
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": disposition(archive.delivery.archive_name),
        "ETag": f'"{archive.fingerprint.hex()}"',
    }
    return await transfer(request, archive, headers)


def _sequence(request: web.Request) -> int | None:
    text = request.query.get("sequence")
    if text is None:
        return None
    if re.fullmatch("[0-9]{1,9}", text) is None or not int(text):
        raise InvalidRequestError("@query.sequence: must be a whole number from 1 upwards")
    return int(text)
