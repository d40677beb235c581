"""A stage has no effect elsewhere, and answers as the real thing does."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.domain.identity import Mode
from gateway.services.deposit import FolderView
from gateway.services.ports import Transaction
from gateway.services.rehearsing import is_stage, on_case
from tests.databases import Database
from tests.services import rehearsed
from tests.services.people import RENNES_API
from tests.services.rehearsed import DEPOSITORS, DOORS, OTHERS, Act, a_town, everything, on_sqlite, outcome, seen, told
from tests.services.town import Town

Story = Sequence[tuple[Act, int]]
PICK = st.integers(0, 2**10)
FEW = settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a story is short; to shrink one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def stories(*acts: Act) -> st.SearchStrategy[Story]:
    return st.lists(st.tuples(st.sampled_from(acts), PICK), min_size=8, max_size=24)


async def play(town: Town, mode: Mode, story: Story) -> None:
    """Plays a story of everybody; after each gesture of the rehearsing door nothing else has changed."""
    views: list[FolderView] = []
    await rehearsed.deposit(town, views, 0)
    await rehearsed.rehearse(town, mode)
    counted = dict(town.meter.seen)
    for act, pick in story:
        if act not in DOORS[mode]:
            await outcome(act, town, views, pick)
            counted = acknowledgements(town)
            continue
        before = await everything(town.store), await told(town, views), await seen(town, views, OTHERS[mode])
        await outcome(act, town, views, pick)
        after = await everything(town.store), await told(town, views), await seen(town, views, OTHERS[mode])
        assert after == before
        assert acknowledgements(town) == {
            name: count for name, count in counted.items() if name in acknowledgements(town)
        }


def acknowledgements(town: Town) -> dict[tuple[str, ...], int]:
    return {name: count for name, count in town.meter.seen.items() if name[0] == "acknowledgements_total"}


def stage_is_apart(template: Path, mode: Mode, story: Story) -> None:
    async def run(directory: Path) -> None:
        async with on_sqlite(template, directory / "town", OTHERS[mode]) as town:
            await play(town, mode, story)

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(run(Path(directory)))


@FEW
@given(story=stories(*DEPOSITORS, rehearsed.reopen, rehearsed.close, *DOORS[Mode.SFTP], *DOORS[Mode.API]))
def test_a_rehearsing_api_changes_nothing_elsewhere(sqlite_template: Path, story: Story) -> None:
    stage_is_apart(sqlite_template, Mode.API, story)


@FEW
@given(story=stories(*DEPOSITORS, rehearsed.reopen, rehearsed.close, *DOORS[Mode.API], *DOORS[Mode.SFTP]))
def test_a_rehearsing_sftp_changes_nothing_elsewhere(sqlite_template: Path, story: Story) -> None:
    stage_is_apart(sqlite_template, Mode.SFTP, story)


def same_answers(template: Path, mode: Mode, story: Story) -> None:
    """Plays a story where the door owns, and where it rehearses: it is answered and shown the same."""

    async def run(directory: Path) -> None:
        async with (
            on_sqlite(template, directory / "real", mode) as real,
            on_sqlite(template, directory / "rehearsed", OTHERS[mode]) as stage,
        ):
            await rehearsed.rehearse(stage, mode)
            theirs: tuple[list[FolderView], list[FolderView]] = ([], [])
            for act, pick in ((rehearsed.deposit, 0), *story):
                answers = [
                    await outcome(act, town, views, pick) for town, views in zip((real, stage), theirs, strict=True)
                ]
                assert answers[0] == answers[1]
                shown = [await seen(town, views, mode) for town, views in zip((real, stage), theirs, strict=True)]
                assert shown[0] == shown[1]

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(run(Path(directory)))


@FEW
@given(story=stories(*DEPOSITORS, *DOORS[Mode.API]))
def test_a_rehearsing_api_is_answered_as_the_owner_is(sqlite_template: Path, story: Story) -> None:
    same_answers(sqlite_template, Mode.API, story)


@FEW
@given(story=stories(*DEPOSITORS, *DOORS[Mode.SFTP]))
def test_a_rehearsing_sftp_is_answered_as_the_owner_is(sqlite_template: Path, story: Story) -> None:
    same_answers(sqlite_template, Mode.SFTP, story)


@pytest.mark.parametrize("mode", [Mode.API, Mode.SFTP])
async def test_every_gesture_on_either_engine(database: Database, tmp_path: Path, mode: Mode) -> None:
    story = [(act, pick) for pick in (1, 4, 6, 19) for act in (rehearsed.complement, *DOORS[mode])]
    async with a_town(database, tmp_path, OTHERS[mode]) as town:
        await play(town, mode, story)


async def test_what_nobody_thought_of_does_not_exist_on_a_stage(town: Town) -> None:
    view = await town.deposit()
    await rehearsed.rehearse(town, Mode.API)

    def query(tx: Transaction) -> None:
        stage = on_case(tx, RENNES_API, view.cases[0].id)
        assert is_stage(stage)
        for noun, name in (("deliveries", "pin"), ("cases", "publish"), ("folders", "delete"), ("archives", "add")):
            with pytest.raises(AttributeError, match=f"{name} is not to be had in a dual run"):
                getattr(getattr(stage, noun), name)
        for noun in ("outbox", "uploads", "clients", "moves", "transfers", "copies"):
            assert not hasattr(stage, noun)

    await town.store.write(query)
