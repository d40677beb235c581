"""SIGKILL at every commit point of deposit, fetch, acknowledgement and answer; then the same gateway again.

A step that was answered is there with its bytes; one that was not is either not there at all or, once its last commit
went through, there whole; and a client that says it again succeeds and counts once.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final

import pytest

from gateway.app import Gateway, prepare
from gateway.bridge.answers import carry_answers
from gateway.services.office import Office
from tests.faults.killed import settings_for
from tests.faults.left import check_consistent, counted
from tests.faults.story import LOST, SIGNED, Story
from tests.faults.victim import Victim
from tests.journeys.offices import PDF, XML
from tests.journeys.world import declare

_COMMIT: Final = 4  # and the settling of those who wait for it
DURABLE: Final = 3  # the points of a commit from which on it has gone through
_BLOB: Final = 10  # its fsync, its rename, and the fsync of three directories, each with a before and an after
POINTS: Final = {
    "create": _COMMIT,
    "put": 2 * (_BLOB + _COMMIT),
    "complete": _COMMIT,
    "fetch": 2 * _COMMIT,  # the first login notes with which software it came
    "rename": _COMMIT,
    "delete": _COMMIT,
    "upload": _BLOB + _COMMIT,
    "carry": _BLOB + _COMMIT,
}
STEPS: Final = ("create", "put", "complete", "fetch", "rename", "upload", "carry")
EFFECT: Final = {
    "create": "folder.created",
    "put": "attachment.received",
    "complete": "delivery.published",
    "fetch": "delivery.fetched",
    "rename": "delivery.accepted",
    "delete": "delivery.accepted",
    "upload": "answer.queued",
    "carry": "answer.taken",
}
"""The journal line by which a step counts."""
_FIRST: Final = {"put": _BLOB + _COMMIT + 1}
"""The first of the two files is put and answered, the second is not."""
ALL: Final = [(step, point) for step, last in POINTS.items() for point in range(_FIRST.get(step, 1), last + 1)]


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a schema, host keys and everything declared, to be copied."""
    data_dir = tmp_path_factory.mktemp("declared") / "var"
    settings = settings_for(data_dir)
    prepare(settings)

    async def write() -> None:
        gateway = Gateway(settings)
        await gateway.open()
        await gateway.office.store.write(declare)
        await gateway.close()

    asyncio.run(write())
    return data_dir


@pytest.fixture
def data_dir(declared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(declared, tmp_path / "var"))


def before(step: str) -> tuple[str, ...]:
    """The steps that come before one; an archive may be deleted instead of renamed."""
    return STEPS[: STEPS.index("rename" if step == "delete" else step)]


def act(story: Story, step: str, carry: Callable[[], Awaitable[object]]) -> Awaitable[object]:
    doing: Awaitable[object] = carry() if step == "carry" else getattr(story, step)()
    return doing


@asynccontextmanager
async def again(data_dir: Path, story: Story) -> AsyncIterator[Office]:
    """The gateway, started again on what is left."""
    with closing(sqlite3.connect(data_dir / "gateway.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    gateway = Gateway(settings_for(data_dir))
    await gateway.open()
    try:
        story.ports = gateway.http_port, gateway.sftp_port
        yield gateway.office
    finally:
        await gateway.close()


async def test_the_points_are_all_there_are(data_dir: Path) -> None:
    """So that none is missed below; a commit more or less is told here."""
    story, found = Story(), {}
    with Victim(data_dir) as victim:
        story.ports = victim.ports
        for step in STEPS:
            victim.order("arm 0")
            await act(story, step, victim.carry)
            found[step] = int(victim.order("count"))
    assert found == {step: POINTS[step] for step in STEPS}


@pytest.mark.parametrize(("step", "point"), ALL, ids=[f"{step}-{point}" for step, point in ALL])
async def test_a_kill_loses_nothing_answered_and_shows_nothing_unanswered(
    step: str, point: int, data_dir: Path
) -> None:
    story = Story()
    with Victim(data_dir) as victim:
        story.ports = victim.ports
        for earlier in before(step):
            await act(story, earlier, victim.carry)
        victim.order(f"arm {point}")
        with pytest.raises(LOST):
            await act(story, step, victim.carry)
    async with again(data_dir, story) as office:
        await check_consistent(office)
        found = await counted(office)
        for earlier in before(step):
            assert found[EFFECT[earlier]] == (2 if earlier == "put" else 1)
        assert found[EFFECT[step]] == committed(step, point)
        await finish(story, step, office)


def committed(step: str, point: int) -> int:
    """How often a step counts by the commits that went through before that point."""
    return int(point > POINTS[step] - DURABLE) + (step == "put")


async def finish(story: Story, step: str, office: Office) -> None:
    """Repeats the step that was not answered, and goes on to the end: every step counts once."""
    rest = ("delete", "upload", "carry") if step == "delete" else STEPS[STEPS.index(step) :]
    for one in rest:
        await act(story, one, lambda: carry_answers(office))
    if "fetch" in rest:
        assert XML in story.fetched
        assert PDF in story.fetched
    found = await counted(office)
    for effect in ("folder.created", "folder.completed", "delivery.published", "delivery.fetched"):
        assert found[effect] == 1
    assert (found["delivery.accepted"], found["delivery.rejected"]) == (1, 0)
    assert found["answer.taken"] == 1
    await check_end(story, office)


async def check_end(story: Story, office: Office) -> None:
    """The depositor sees the case DONE, and the file that came with the one answer."""
    await check_consistent(office)
    folder = await office.store.read(lambda tx: tx.folders.get(story.folder["id"]))
    assert folder is not None
    assert folder.status == "DONE"
    case = story.folder["cases"][0]["id"]
    events = await office.store.read(lambda tx: tx.attachments.of_events(case))
    assert [one.file_name for one in events] == ["acte.pdf"]
    path = f"/cases/{case}/events/{events[0].event_id}/attachments/{events[0].id}"
    body, _ = await story.call("GET", path)
    assert body == SIGNED
