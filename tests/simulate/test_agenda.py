"""Virtual time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

from tools.simulate.agenda import STEP, Agenda, Clock

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Diary:
    """Who did what when."""

    def __init__(self) -> None:
        self.agenda = Agenda(Clock(START))
        self.lines: list[tuple[str, datetime]] = []
        self.at_work: set[str] = set()
        self.together = 0

    async def write(self, name: str, actor: str = "") -> None:
        assert actor not in self.at_work, "one after the other"
        self.at_work.add(actor)
        await asyncio.sleep(0)
        self.together = max(self.together, len(self.at_work))
        self.at_work.remove(actor)
        self.lines.append((name, self.agenda.clock()))

    async def run(self, until: datetime = START + 10 * HOUR) -> bool:
        return await self.agenda.run(until, partial(asyncio.sleep, 0), lambda: False)


async def test_everything_is_done_in_the_order_of_time() -> None:
    diary = Diary()
    diary.agenda.after(2 * HOUR, "b", partial(diary.write, "second", "b"))
    diary.agenda.after(HOUR, "a", partial(diary.write, "first", "a"))
    assert await diary.run()
    assert diary.lines == [("first", START + HOUR), ("second", START + 2 * HOUR)]
    assert diary.agenda.clock() == START + 10 * HOUR
    assert diary.agenda.done == 2


async def test_moments_are_rounded_up_to_a_step_and_are_never_the_present_one() -> None:
    diary = Diary()
    for moment in (START - HOUR, START, START + timedelta(seconds=1), START + STEP):
        diary.agenda.at(moment, "a", partial(diary.write, "x", "a"))
    diary.agenda.at(START + STEP + timedelta(seconds=1), "a", partial(diary.write, "late", "a"))
    assert await diary.run()
    assert [moment for _, moment in diary.lines] == [START + STEP] * 4 + [START + 2 * STEP]


async def test_what_is_due_later_is_left() -> None:
    diary = Diary()
    diary.agenda.after(11 * HOUR, "a", partial(diary.write, "x"))
    assert await diary.run()
    assert diary.lines == []


async def test_in_one_step_actors_race_and_one_actor_does_not_race_with_itself() -> None:
    diary = Diary()
    for actor in ("a", "b", "a", "b", "a"):
        diary.agenda.after(HOUR, actor, partial(diary.write, "x", actor))
    assert await diary.run()
    assert len(diary.lines) == 5
    assert diary.together == 2


async def test_enough_is_enough() -> None:
    diary = Diary()
    diary.agenda.after(HOUR, "a", partial(diary.write, "x"))
    diary.agenda.after(2 * HOUR, "a", partial(diary.write, "y"))
    assert not await diary.agenda.run(START + 10 * HOUR, partial(asyncio.sleep, 0), lambda: bool(diary.lines))
    assert [name for name, _ in diary.lines] == ["x"]
