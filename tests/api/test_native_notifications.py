"""The inbox in pages, waited for, and acknowledged many at a time."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from gateway.api.waiting import MOST_OF_CLIENT
from gateway.domain.identity import Caller, Door, Role
from gateway.services import deposit
from gateway.services.signals import Signals
from tests.api.natives import faults, native
from tests.api.serving import Clock
from tests.api.visitor import NOWHERE, OSL, RENNES, Answer, Visitor, organization

LIST, ACKNOWLEDGE = "/notifications", "/notifications/acknowledge"
JSON = {"Content-Type": "application/json"}
DEPOSITOR = Caller(OSL, Role.OSL, Door.API, "depot")


@pytest.fixture
async def poll(visitor: Visitor) -> AsyncIterator[Callable[..., Awaitable[Answer]]]:
    """Asks on connections of its own."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        polling = replace(visitor, session=session)

        async def asked(who: str = "rennes", wait: int = 60, path: str = LIST) -> Answer:
            return await native(polling, who, "GET", path, headers={"Prefer": f"wait={wait}"})

        yield asked


async def waiting(visitor: Visitor, many: int) -> None:
    while visitor.server.waiting != many:  # noqa: ASYNC110 (the door has no event for its tests)
        await asyncio.sleep(0)


async def several(visitor: Visitor, clock: Clock, many: int) -> list[str]:
    for number in range(many):
        await visitor.deposit(externalId=f"EC-{number}")
        if number % 2:
            clock.pass_by(timedelta(seconds=1))  # so that some share a date and some do not
    found = (await visitor.call("rennes", "GET", "/notifications")).json
    return [one["id"] for one in found]


async def test_pages_hold_everything_once_in_one_order(visitor: Visitor, clock: Clock) -> None:
    expected = await several(visitor, clock, 5)
    seen: list[str] = []
    path = f"{LIST}?limit=2"
    while True:
        page = (await native(visitor, "rennes", "GET", path)).json
        assert len(page["items"]) <= 2
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        # what is acknowledged meanwhile moves nothing
        await native(visitor, "rennes", "POST", ACKNOWLEDGE, json={"ids": [seen[-1]]})
        path = f"{LIST}?limit=2&cursor={page['next']}"
    assert seen == expected


async def test_an_item_says_what_it_is(visitor: Visitor) -> None:
    folder = await visitor.deposit()
    (found,) = (await native(visitor, "rennes", "GET", LIST)).json["items"]
    hub = (await visitor.call("rennes", "GET", "/notifications")).json[0]
    details = {"eventActionType": None, "eventStatus": None, "fetched": False, "sequence": 1}
    assert found == {**hub, **details}
    case_id = folder["cases"][0]["id"]
    for position in range(2):
        await visitor.call("rennes", "GET", f"/cases/{case_id}/attachments/{folder['attachments'][position]['id']}")
    await visitor.call("rennes", "GET", f"/cases/{case_id}")
    assert (await native(visitor, "rennes", "GET", LIST)).json["items"][0]["fetched"] is True
    event = {"actionType": "STATUS_UPDATE", "notification": True, "caseNewStatus": "DONE"}
    assert (await visitor.call("rennes", "POST", f"/cases/{case_id}/events", json=event)).status == 201
    (notice,) = (await native(visitor, "depot", "GET", LIST)).json["items"]
    assert notice["transmitter"] == organization(RENNES)
    assert (notice["eventActionType"], notice["eventStatus"]) == ("STATUS_UPDATE", "SENT")
    assert (notice["fetched"], notice["sequence"]) == (False, None)


async def test_a_page_of_one_process(visitor: Visitor) -> None:
    await visitor.deposit()
    for code, many in (("EtatCivil", 1), ("CERTDC", 0), ("EtatCivil,CERTDC", 1)):
        assert len((await native(visitor, "rennes", "GET", f"{LIST}?processCode={code}")).json["items"]) == many
    assert (await native(visitor, "rennes-certdc", "GET", LIST)).json == {"items": [], "next": None}


@pytest.mark.parametrize("position", ["x", f"99999999999999999.{NOWHERE}", "1.2", f"-1.{NOWHERE}"])
async def test_a_made_up_cursor_is_refused(visitor: Visitor, position: str) -> None:
    cursor = base64.urlsafe_b64encode(position.encode()).decode()
    answer = await native(visitor, "rennes", "GET", LIST, params={"cursor": cursor})
    assert (answer.status, "cursor" in faults(answer)[0]) == (400, True)


async def test_a_poll_is_answered_at_once_when_something_is_there(visitor: Visitor, poll: Any) -> None:
    await visitor.deposit()
    answer = await poll(wait=600)
    assert (answer.headers["Preference-Applied"], len(answer.json["items"])) == ("wait=60", 1)
    assert "Preference-Applied" not in (await native(visitor, "rennes", "GET", LIST)).headers
    assert (await poll("brest", wait=0)).json == {"items": [], "next": None}


async def test_a_poll_ends_with_the_publication(visitor: Visitor, poll: Any) -> None:
    mine, others = asyncio.create_task(poll()), asyncio.create_task(poll("brest"))
    await waiting(visitor, 2)
    folder = await visitor.deposit()
    assert [one["caseId"] for one in (await mine).json["items"]] == [folder["cases"][0]["id"]]
    assert visitor.server.waiting == 1
    await visitor.server.drain(5)
    assert (await others).json == {"items": [], "next": None}


async def test_a_poll_ends_with_a_publication_of_another_node(visitor: Visitor, poll: Any) -> None:
    folder = await visitor.create()
    for position, content in enumerate((b"%PDF-1.4 made up\n" + b"x" * 500, b"<acte/>")):
        assert (await visitor.put(folder, position, content)).status == 204
    mine = asyncio.create_task(poll())
    await waiting(visitor, 1)
    elsewhere = replace(visitor.office, signals=Signals())
    await deposit.update_folder(elsewhere, DEPOSITOR, folder["id"], "HUBEE_COMPLETED")
    assert len((await mine).json["items"]) == 1


async def test_a_depositor_waits_for_its_notices(visitor: Visitor, poll: Any) -> None:
    case_id = (await visitor.deposit())["cases"][0]["id"]
    mine = asyncio.create_task(poll("depot"))
    await waiting(visitor, 1)
    event = {"actionType": "STATUS_UPDATE", "notification": True, "caseNewStatus": "DONE"}
    await visitor.call("rennes", "POST", f"/cases/{case_id}/events", json=event)
    assert [one["eventActionType"] for one in (await mine).json["items"]] == ["STATUS_UPDATE"]


async def test_a_client_has_so_many_requests_waiting(visitor: Visitor, poll: Any) -> None:
    polls = [asyncio.create_task(poll()) for _ in range(MOST_OF_CLIENT)]
    await waiting(visitor, MOST_OF_CLIENT)
    refused = await poll()
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert (await poll("rennes", wait=0)).status == 200
    other = asyncio.create_task(poll("rennes-ec"))
    await waiting(visitor, MOST_OF_CLIENT + 1)
    await visitor.server.drain(5)
    assert [(await one).status for one in [*polls, other]] == [200] * (MOST_OF_CLIENT + 1)


async def test_a_client_that_hangs_up_waits_no_more(visitor: Visitor) -> None:
    head = f"GET /gateway/v1{LIST} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=60\r\n"
    _, writer = await visitor.connect()
    writer.write(f"{head}Authorization: Bearer {await visitor.token('rennes')}\r\n\r\n".encode())
    await waiting(visitor, 1)
    writer.close()
    await waiting(visitor, 0)


async def test_many_are_acknowledged_in_one_call(visitor: Visitor, clock: Clock) -> None:
    first, second, third = await several(visitor, clock, 3)
    await visitor.call("rennes", "DELETE", f"/notifications/{second}")
    ids = [third, NOWHERE, second, first.upper(), third]
    answer = await native(visitor, "rennes", "POST", ACKNOWLEDGE, json={"ids": ids})
    outcomes = ["acknowledged", "not-found", "repeated", "acknowledged", "repeated"]
    assert answer.status == 200
    assert [one["outcome"] for one in answer.json["items"]] == outcomes
    assert [one["id"] for one in answer.json["items"]] == [one.lower() for one in ids]
    assert (await native(visitor, "rennes", "GET", LIST)).json["items"] == []


async def test_what_is_another_ones_stays(visitor: Visitor) -> None:
    await visitor.deposit()
    (mine,) = (await native(visitor, "rennes", "GET", LIST)).json["items"]
    for who in ("brest", "rennes-certdc", "depot", "admin"):
        answer = await native(visitor, who, "POST", ACKNOWLEDGE, json={"ids": [mine["id"]]})
        assert answer.json == {"items": [{"id": mine["id"], "outcome": "not-found"}]}
    assert (await native(visitor, "rennes", "GET", LIST)).json["items"] == [mine]


async def test_a_repeated_call_gets_its_first_answer(visitor: Visitor, clock: Clock) -> None:
    ids = await several(visitor, clock, 2)
    key = {"Idempotency-Key": "once"}
    first = await native(visitor, "rennes", "POST", ACKNOWLEDGE, json={"ids": ids}, headers=key)
    again = await native(visitor, "rennes", "POST", ACKNOWLEDGE, json={"ids": ids}, headers=key)
    assert (again.body, again.headers["Idempotency-Replayed"]) == (first.body, "true")
    assert [one["outcome"] for one in again.json["items"]] == ["acknowledged"] * 2
    other = await native(visitor, "rennes", "POST", ACKNOWLEDGE, json={"ids": ids[:1]}, headers=key)
    assert other.status == 409


@pytest.mark.parametrize(
    ("ids", "many"), [([], 1), ([NOWHERE] * 501, 1), (["x", NOWHERE, "y"], 2), ([1, None], 2), ("x", 1)]
)
async def test_every_fault_of_a_list_is_told(visitor: Visitor, ids: Any, many: int) -> None:
    answer = await native(visitor, "rennes", "POST", ACKNOWLEDGE, data=json.dumps({"ids": ids}), headers=JSON)
    assert (answer.status, len(faults(answer))) == (400, many)
