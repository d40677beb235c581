"""API clients and their credentials, for operators. No hash and no token is ever shown."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.api import conditions, cursors, faults, reading, rendering
from gateway.api.context import office_of
from gateway.api.repetition import once
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.referential import ApiClient
from gateway.services import clients


class _Change(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    enabled: Annotated[bool, Field()]


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /clients: a page in the order of their ids; `next` is the cursor of the page behind it, or null."""
    most = cursors.limit(request)
    found = await clients.find(office_of(request), caller, cursors.position(request), most + 1)
    page = cursors.page([_client(one) for one in found], most, "clientId")
    return conditions.answer(request, rendering.json_text(page))


async def change(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PATCH /clients/{clientId}: `{"enabled": false}` shuts it out at once, with its tokens."""
    try:
        wanted = _Change.model_validate_json(await reading.read_json(request))
    except ValidationError as error:
        raise InvalidRequestError(*faults.sentences(error.errors(include_url=False))) from None
    changed = await clients.set_enabled(office_of(request), caller, _id(request), enabled=wanted.enabled)
    return _json(_client(changed))


async def add_secret(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /clients/{clientId}/secrets: 201 with a new secret, shown this once; 409 when there are two.

    Repeated under its key it answers 409 with the secret's place, since no copy of the secret is kept.
    """
    secret = await clients.add_secret(office_of(request), caller, _id(request), once(request, b"", str))
    return _json({"clientId": _id(request), "clientSecret": secret}, 201)


async def retire_secret(request: web.Request, caller: Caller) -> web.StreamResponse:
    """DELETE /clients/{clientId}/secrets/{secret}: `old`, `new` or its position; 409 when it is the only one."""
    await clients.retire_secret(office_of(request), caller, _id(request), request.match_info["secret"])
    return rendering.no_content()


async def revoke_tokens(request: web.Request, caller: Caller) -> web.StreamResponse:
    """DELETE /clients/{clientId}/tokens: none of them is good for a further request."""
    await clients.revoke_tokens(office_of(request), caller, _id(request))
    return rendering.no_content()


def _id(request: web.Request) -> str:
    return request.match_info["clientId"]


def _client(found: ApiClient) -> dict[str, Any]:
    return {
        "clientId": found.client_id,
        "organization": rendering.organization(found.organization),
        "role": found.role,
        "processCode": found.process,
        "enabled": found.enabled,
        "secrets": len(found.secret_hashes),
    }


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return rendering.json_response(rendering.json_text(body), status)
