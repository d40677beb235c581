"""What happened to a case, for its depositor, its recipient and operators."""

from __future__ import annotations

import re
from typing import Final

from aiohttp import web

from gateway.api import conditions, cursors, parameters, rendering
from gateway.api.context import office_of
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.timeline import Step
from gateway.services import timeline

_NUMBER: Final = re.compile("[0-9]{1,18}")


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /cases/{caseId}/timeline: a page, oldest first; `next` is the cursor of the page behind it, or null."""
    (case_id,) = parameters.path_ids(request, "caseId")
    most, after = cursors.limit(request), _after(request)
    found = await timeline.of_case(office_of(request), caller, case_id, after, most + 1)
    following = cursors.cursor(str(found[most - 1].seq)) if len(found) > most else None
    body: rendering.Json = {"items": [_step(one) for one in found[:most]], "next": following}
    return conditions.answer(request, rendering.json_text(body))


def _after(request: web.Request) -> int:
    text = cursors.position(request)
    if text and _NUMBER.fullmatch(text) is None:
        raise InvalidRequestError(cursors.WRONG)
    return int(text or 0)


def _step(found: Step) -> rendering.Json:
    return {
        "dateTime": rendering.date_time(found.at),
        "entry": found.entry,
        "door": found.door,
        "by": found.side,
        "organization": None if found.organization is None else rendering.organization(found.organization),
        "actor": found.actor,
        "deliveryId": found.delivery_id,
        "detail": found.detail,
    }
