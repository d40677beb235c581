"""Counting what runs."""

import asyncio

from gateway.api.traffic import Traffic


async def test_it_is_idle_until_something_runs() -> None:
    traffic = Traffic()
    assert await traffic.idle(0)
    with traffic:
        assert traffic.running == 1
        assert not await traffic.idle(0)
    assert await traffic.idle(0)


async def test_who_waits_is_told_when_the_last_has_ended() -> None:
    traffic = Traffic()
    with traffic:
        with traffic:
            waiting = asyncio.create_task(traffic.idle(30))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting


async def test_what_fails_has_ended_too() -> None:
    traffic = Traffic()
    try:
        with traffic:
            raise ValueError
    except ValueError:
        pass
    assert traffic.running == 0
