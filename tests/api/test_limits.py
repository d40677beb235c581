"""Rate limits over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from gateway.domain.rates import Limits, Rate
from gateway.services.office import Office
from tests.api.serving import Clock, server_on
from tests.api.test_clients import native
from tests.api.visitor import Visitor, basic, secret_of

LIMITS = Limits(per_client=Rate(5), per_organization=Rate(8), token_requests=Rate(4))


@pytest.fixture
async def limited(office: Office) -> AsyncIterator[tuple[Visitor, Visitor]]:
    """Two nodes that share a store."""
    servers = [server_on(office, limits=LIMITS) for _ in range(2)]
    for server in servers:
        await server.open()
    async with aiohttp.ClientSession() as session:
        tokens: dict[str, str] = {}
        yield Visitor(servers[0], office, session, tokens), Visitor(servers[1], office, session, tokens)
    for server in servers:
        await server.close()


async def test_a_client_is_limited_over_all_nodes_until_the_next_minute(
    limited: tuple[Visitor, Visitor], clock: Clock
) -> None:
    one, other = limited
    first = await one.call("depot", "GET", "/notifications")
    assert first.headers["RateLimit-Policy"] == '"client";q=5;w=60, "organization";q=8;w=60'
    assert first.headers["RateLimit"] == '"client";r=4;t=59, "organization";r=7;t=59'
    for node in (other, one, other, one):
        assert (await node.call("depot", "GET", "/notifications")).status == 200
    for node in limited:
        refused = await node.call("depot", "GET", "/notifications")
        assert refused.errors[0]["code"] == 429
        assert refused.headers["Retry-After"] == "60"
        assert refused.headers["RateLimit"] == '"client";r=0;t=60'
    assert (await one.call("autre-depot", "GET", "/notifications")).status == 200
    clock.pass_by(timedelta(minutes=1))
    assert (await one.call("depot", "GET", "/notifications")).status == 200


async def test_the_clients_of_an_organization_have_one_allowance(limited: tuple[Visitor, Visitor]) -> None:
    one, _ = limited
    statuses = [
        (await one.call(who, "GET", "/notifications")).status
        for who in ("rennes", "rennes-ec", "rennes-certdc")
        for _ in range(3)
    ]
    assert statuses == [200] * 8 + [429]


async def test_a_native_operation_says_it_as_a_problem(limited: tuple[Visitor, Visitor]) -> None:
    one, _ = limited
    answers = [await native(one, "admin", "GET", "/clients") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert json.loads(answers[-1].body)["title"] == "Too many requests"
    upload = await native(one, "admin", "OPTIONS", "/uploads")
    assert (upload.status, upload.headers["Tus-Resumable"]) == (429, "1.0.0")


async def test_token_requests_are_limited_by_client_and_address(limited: tuple[Visitor, Visitor]) -> None:
    one, other = limited
    form = {"grant_type": "client_credentials", "scope": "OSL"}
    statuses = []
    for node in (one, other, one, other, one):
        answer = await node.raw("POST", "/token", data=form, headers=basic("depot", "wrong"))
        statuses.append(answer.status)
    assert statuses == [401] * 4 + [429]
    headers = basic("autre-depot", secret_of("autre-depot"))
    assert (await one.raw("POST", "/token", data=form, headers=headers)).status == 200


async def test_without_limits_nothing_is_said(visitor: Visitor) -> None:
    answer = await visitor.call("depot", "GET", "/notifications")
    assert "RateLimit" not in answer.headers
