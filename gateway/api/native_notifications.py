"""The inbox in pages that a client may wait for, and acknowledged many at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from gateway.api import bodies, cursors, parameters, preferences, rendering
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.api.repetition import once
from gateway.api.waiting import WAITING
from gateway.domain.dossiers import Notification
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.ids import canonical_id
from gateway.services import inbox
from gateway.services.once import Replay

MOST_AT_ONCE: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT: Final = timedelta(milliseconds=1)
_POSITION: Final = re.compile(r"([0-9]{1,14})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Acknowledgement(bodies.Body):
    """Which notifications are done with."""

    ids: Annotated[list[str], Field(min_length=1, max_length=MOST_AT_ONCE)]


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /notifications: a page, oldest first; with `Prefer: wait=…` once there is something on it."""
    most, after = cursors.limit(request), _position(request)
    processes = parameters.process_codes(request, "processCode")
    office, wait = office_of(request), preferences.wait(request)

    async def look() -> Sequence[Notification]:
        return await inbox.notifications(office, caller, most + 1, processes, after=after)

    if wait is None:
        return rendering.json_response(_page(await look(), most))
    found = await request.app[WAITING].until_found(caller, wait, look, lambda: _left(request))
    return rendering.json_response(_page(found, most), headers={"Preference-Applied": f"wait={wait}"})


async def acknowledge(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /notifications/acknowledge: 200 with what became of each."""
    raw = await read_json(request)
    ids = _canonical(bodies.parse(Acknowledgement, raw).ids)
    answer = await inbox.acknowledge(office_of(request), caller, ids, once(request, raw, _outcomes))
    if isinstance(answer, Replay):
        return rendering.json_response(answer.text, headers={"Idempotency-Replayed": "true"})
    return rendering.json_response(_outcomes(answer))


def _left(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _position(request: web.Request) -> tuple[datetime, str] | None:
    text = cursors.position(request)
    if not text:
        return None
    found = _POSITION.fullmatch(text)
    if found is None:
        raise InvalidRequestError(cursors.WRONG)
    return _EPOCH + int(found[1]) * _MOMENT, found[2]


def _page(found: Sequence[Notification], most: int) -> str:
    shown = found[:most]
    following = None
    if len(found) > most:
        last = shown[-1]
        following = cursors.cursor(f"{(last.created_at - _EPOCH) // _MOMENT}.{last.id}")
    items = rendering.notifications(shown, details=True)
    for item, one in zip(items, shown, strict=True):
        item["fetched"] = one.fetched
        item["sequence"] = one.sequence
    return rendering.json_text({"items": items, "next": following})


def _outcomes(found: Sequence[inbox.Acknowledged]) -> str:
    items: list[dict[str, Any]] = [{"id": one.id, "outcome": one.outcome} for one in found]
    return rendering.json_text({"items": items})


def _canonical(ids: Sequence[str]) -> list[str]:
    found: list[str] = []
    faults: list[str] = []
    for position, text in enumerate(ids):
        try:
            found.append(canonical_id(text))
        except ValueError:
            faults.append(f"@body.ids[{position}]: is not a valid UUID")
    if faults:
        raise InvalidRequestError(*faults)
    return found
