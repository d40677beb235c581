"""The inbox of the caller's organization."""

from __future__ import annotations

from aiohttp import web

from gateway.api import conditions, parameters, rendering
from gateway.api.context import office_of
from gateway.domain.identity import Caller
from gateway.services import inbox


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /notifications: at most `maxResult`, of the given processes, those of priority first."""
    found = await inbox.notifications(
        office_of(request),
        caller,
        parameters.most(request),
        parameters.process_codes(request, "processCode"),
        parameters.process_codes(request, "processPriority"),
    )
    details = parameters.flag(request, "eventDetails")
    return conditions.answer(request, rendering.json_text(rendering.notifications(found, details=details)))


async def delete(request: web.Request, caller: Caller) -> web.StreamResponse:
    """DELETE /notifications/{notificationId}, by its recipient."""
    (notification_id,) = parameters.path_ids(request, "notificationId")
    await inbox.dismiss(office_of(request), caller, notification_id)
    return rendering.no_content()
