"""The portals' own copies of files: which may be deleted, and which are."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, ConfigDict, Field, RootModel
from pydantic_core import PydanticCustomError

from gateway.api import bodies, rendering
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.domain.copies import Copy
from gateway.domain.identity import Caller
from gateway.domain.ids import canonical_id
from gateway.services import copies


def _uuid(value: str) -> str:
    try:
        return canonical_id(value)
    except ValueError:
        raise PydanticCustomError("uuid", "Input string is not a valid UUID") from None


Id = Annotated[str, AfterValidator(_uuid)]


class CopyBody(bodies.Body):
    """One attachment as one case shows it; its names are the hub's, which are unlike all others."""

    model_config = ConfigDict(alias_generator=None)

    folder_attachment_id: Id
    case_id: Id


class CopiesBody(RootModel[Annotated[list[CopyBody], Field(max_length=copies.MOST)]]):
    """Copies that were deleted."""

    model_config = ConfigDict(strict=True, frozen=True)


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /attachmentsIdsForPurge: what may be deleted, at most copies.MOST at a time, oldest cases first."""
    found = await copies.due(office_of(request), caller)
    return rendering.json_response(
        rendering.json_text([{"folder_attachment_id": one.attachment_id, "case_id": one.case_id} for one in found])
    )


async def purged(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PUT /idsPurged: what was deleted."""
    body = bodies.parse(CopiesBody, await read_json(request))
    gone = [Copy(one.folder_attachment_id, one.case_id) for one in body.root]
    await copies.purged(office_of(request), caller, gone)
    return rendering.no_content()
