"""Made-up dossiers, by which operators try a subscriber out, and their end."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from gateway.api import bodies, parameters, rendering
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.domain.identity import Caller
from gateway.services import synthetic


class _Try(bodies.Body):
    count: Annotated[int, Field(ge=1, le=synthetic.MOST)] = 1


async def send(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /subscriptions/{subscriptionId}/synthetic: 201 with the dossiers that were sent, one when none is asked."""
    (identifier,) = parameters.path_ids(request, "subscriptionId")
    body = bodies.parse(_Try, await read_json(request)) if request.body_exists else _Try()
    sent = await synthetic.send(office_of(request), caller, [identifier], body.count)
    items = [{"folderId": one.folder_id, "externalId": one.external_id} for one in sent]
    return rendering.json_response(rendering.json_text({"subscriptionId": identifier, "items": items}), 201)


async def clean(request: web.Request, caller: Caller) -> web.StreamResponse:
    """DELETE /subscriptions/{subscriptionId}/synthetic: 200 with how many were taken back, fetched or not."""
    (identifier,) = parameters.path_ids(request, "subscriptionId")
    cleaned = await synthetic.clean(office_of(request), caller, [identifier])
    return rendering.json_response(rendering.json_text({"subscriptionId": identifier, "cleaned": cleaned}))
