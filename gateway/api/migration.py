"""The cases of one organization given to another."""

from __future__ import annotations

from aiohttp import web

from gateway.api import bodies, rendering
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.domain.identity import Caller, OrganizationId
from gateway.services import transfers


class MigrationBody(bodies.Body):
    """From whom to whom."""

    organization_source: bodies.OrganizationBody
    organization_target: bodies.OrganizationBody


async def migrate(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PUT /cases/migrate: 200 with the number of cases that moved."""
    body = bodies.parse(MigrationBody, await read_json(request))
    source, target = _identifier(body.organization_source), _identifier(body.organization_target)
    moved = await transfers.migrate_cases(office_of(request), caller, source, target)
    return rendering.json_response(rendering.json_text({"caseUpdated": moved}))


def _identifier(body: bodies.OrganizationBody) -> OrganizationId:
    return OrganizationId(body.type, body.company_register, body.branch_code)
