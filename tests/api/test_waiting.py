"""Waiting as a door does it, without the door."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from gateway.api.waiting import Waiting
from gateway.domain.identity import Caller, Door, Role
from gateway.services.office import Office
from tests.api.visitor import RENNES

CALLER = Caller(RENNES, Role.SI, Door.API, "rennes")
NEVER = timedelta(days=1)


async def nothing() -> Sequence[str]:
    return []


async def test_it_ends_with_nothing_when_the_time_is_over(office: Office) -> None:
    waiting = Waiting(office, NEVER)
    assert await waiting.until_found(CALLER, 0.01, nothing) == []
    assert waiting.count == 0
    await waiting.close()


async def test_what_comes_between_two_looks_is_not_missed(office: Office) -> None:
    waiting, looks = Waiting(office, NEVER), list[int]()

    async def second_time() -> Sequence[int]:
        looks.append(len(looks))
        return looks[1:]

    assert await waiting.until_found(CALLER, 60, second_time) == [1]
    await waiting.close()


async def test_nobody_waits_after_the_end(office: Office) -> None:
    waiting = Waiting(office, NEVER)
    asked = asyncio.create_task(waiting.until_found(CALLER, 60, nothing))
    while not waiting.count:  # noqa: ASYNC110 (one turn of the loop)
        await asyncio.sleep(0)
    waiting.end()
    assert await asked == []
    assert await waiting.until_found(CALLER, 60, nothing) == []
    await waiting.close()


async def test_a_request_that_is_cancelled_frees_its_place(office: Office) -> None:
    waiting = Waiting(office, NEVER)
    asked = asyncio.create_task(waiting.until_found(CALLER, 60, nothing))
    while not waiting.count:  # noqa: ASYNC110 (one turn of the loop)
        await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait([asked])
    assert waiting.count == 0
    await waiting.close()
