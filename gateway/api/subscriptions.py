"""Subscriptions of recipients to processes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from aiohttp import web

from gateway.api import bodies, conditions, listing, parameters, referential_rendering, rendering
from gateway.api.context import office_of
from gateway.api.listing import PAGED, Query
from gateway.api.reading import read_json
from gateway.api.referential_bodies import (
    EMAIL,
    DelegationActorChange,
    NewSubscriptionBody,
    SubscriptionBody,
    given,
)
from gateway.api.repetition import created, once
from gateway.domain.identity import Caller, OrganizationId
from gateway.domain.lists import SUBSCRIPTION_ORDERS, SubscriptionFilter
from gateway.domain.referential import Contact, Subscription
from gateway.services import subscriptions
from gateway.services.subscriptions import SubscriptionChange, SubscriptionView

_FILTERS: Final = ("processCode", "status", "companyRegister", "delegationActorEmail")
_PERSON: Final = ("email", "first_name", "last_name", "function", "phone_number", "mobile_number")
_FIELDS: Final = {
    "datapass_id": "datapass_id",
    "access_mode": "access_mode",
    "transport": "transport",
    "notification_frequency": "notification_frequency",
    "activate_date_time": "activate_at",
    "validate_date_time": "validate_at",
    "reject_date_time": "reject_at",
    "end_date_time": "end_at",
    "rejection_reason": "rejection_reason",
    "email": "email",
}


async def create(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /subscriptions: 201 with the subscription, its people whole."""
    raw = await read_json(request)
    new = _new(bodies.parse(NewSubscriptionBody, raw))
    answer = await subscriptions.create_subscription(office_of(request), caller, new, once(request, raw, _render_whole))
    return created(answer, _render_whole)


async def find(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /subscriptions: a page, filtered and ordered, with `Content-Range`."""
    query = Query(request, *_FILTERS, *PAGED)
    asked = SubscriptionFilter(
        processes=query.codes("processCode"),
        status=query.text("status", 20),
        company_register=query.text("companyRegister", 14, "[0-9]{14}"),
        delegation_actor_email=query.text("delegationActorEmail", 320, EMAIL),
    )
    page = query.page(SUBSCRIPTION_ORDERS)
    query.check()
    found = await subscriptions.find_subscriptions(office_of(request), caller, asked, page)
    text = rendering.json_text([referential_rendering.subscription(view) for view in found.items])
    # existing clients read the header in this spelling
    return conditions.answer(request, text, listing.content_range("Susbscriptions", found))


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /subscriptions/{subscriptionId}."""
    (identifier,) = parameters.path_ids(request, "subscriptionId")
    view = await subscriptions.read_subscription(office_of(request), caller, identifier)
    return conditions.answer(request, _render(view))


async def update(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PUT /subscriptions/{subscriptionId}: 200 with the subscription.

    What the body leaves out stays, an access mode that is null too; the names of a person stay as long as the address.
    """
    (identifier,) = parameters.path_ids(request, "subscriptionId")
    expected = conditions.expected(request, _render)
    body = bodies.parse(SubscriptionBody, await read_json(request))
    change = SubscriptionChange(body.process_code, _subscriber(body), body.status, partial(_changed, body))
    view = await subscriptions.change_subscription(office_of(request), caller, identifier, change, expected)
    return rendering.json_response(_render(view))


def _render(view: SubscriptionView) -> str:
    return rendering.json_text(referential_rendering.subscription(view))


def _render_whole(view: SubscriptionView) -> str:
    return rendering.json_text(referential_rendering.subscription(view, whole=True))


def _subscriber(body: SubscriptionBody) -> OrganizationId:
    subscriber = body.subscriber
    return OrganizationId(subscriber.type, subscriber.company_register, subscriber.branch_code)


def _new(body: NewSubscriptionBody) -> Subscription:
    bare = Subscription("", str(_subscriber(body)), body.process_code)
    return _changed(body, bare if body.status is None else replace(bare, status=body.status))


def _changed(body: SubscriptionBody, known: Subscription) -> Subscription:
    changes = given(body, _FIELDS, ("access_mode", "transport"))
    if "delegation_actor" in body.model_fields_set:
        actor = body.delegation_actor
        changes["delegation_actor"] = None if actor is None else _person(actor, known.delegation_actor)
    changes["local_administrator"] = _person(body.local_administrator, known.local_administrator)
    return replace(known, **changes)


def _person(body: DelegationActorChange, known: Contact | None) -> Contact:
    kept = known if known is not None and known.email == body.email else Contact(body.email)
    return replace(kept, **given(body, {name: name for name in _PERSON}))
