"""Organizations of the exchange."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from aiohttp import web

from gateway.api import bodies, conditions, listing, referential_rendering, rendering
from gateway.api.context import office_of
from gateway.api.listing import PAGED, Query
from gateway.api.reading import read_json
from gateway.api.referential_bodies import OrganizationWhole, given
from gateway.api.repetition import created, once
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller, OrganizationId
from gateway.domain.lists import ORGANIZATION_ORDERS, OrganizationFilter
from gateway.domain.referential import Organization
from gateway.services import organizations

_FIELDS: Final = ("name", "code", "country", "postal_code", "territory", "email", "phone_number", "status")


async def create(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /organizations: 201 with the organization."""
    raw = await read_json(request)
    body = bodies.parse(OrganizationWhole, raw)
    new = _changed(body, Organization(_id(body), body.name))
    answer = await organizations.create_organization(office_of(request), caller, new, once(request, raw, _render))
    return created(answer, _render)


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /organizations: a page, filtered and ordered, with `Content-Range`."""
    query = Query(request, "type", "companyRegister", *PAGED)
    asked = OrganizationFilter(query.text("type", 20), query.text("companyRegister", 14, "[0-9]{14}"))
    page = query.page(ORGANIZATION_ORDERS)
    query.check()
    found = await organizations.find_organizations(office_of(request), caller, asked, page)
    text = rendering.json_text([referential_rendering.organization(one) for one in found.items])
    return conditions.answer(request, text, listing.content_range("Organizations", found))


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /organizations/{organizationId}, where the id is TYPE-siret-branch."""
    found = await organizations.read_organization(office_of(request), caller, _name(request))
    return conditions.answer(request, _render(found))


async def update(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PUT /organizations/{organizationId}: 200 with the organization; what the body leaves out stays."""
    name = _name(request)
    expected = conditions.expected(request, _render)
    body = bodies.parse(OrganizationWhole, await read_json(request))
    found = await organizations.change_organization(office_of(request), caller, name, partial(_changed, body), expected)
    return rendering.json_response(_render(found))


def _render(found: Organization) -> str:
    return rendering.json_text(referential_rendering.organization(found))


def _name(request: web.Request) -> str:
    try:
        return str(OrganizationId.parse(request.match_info["organizationId"]))
    except ValueError as error:
        raise InvalidRequestError(f"@path.organizationId: {error}") from None


def _id(body: OrganizationWhole) -> OrganizationId:
    return OrganizationId(body.type, body.company_register, body.branch_code)


def _changed(body: OrganizationWhole, known: Organization) -> Organization:
    return replace(known, id=_id(body), **given(body, {name: name for name in _FIELDS}, ("status",)))
