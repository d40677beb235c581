"""A power cut after each answer, and in the middle of each step: everything answered is in what had been synced."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.faults.durable import build_image, durable_environment, settle
from tests.faults.left import check_consistent, counted
from tests.faults.resumable import HALF, Resumable
from tests.faults.story import LOST, Story
from tests.faults.test_kill import DURABLE, EFFECT, POINTS, STEPS, act, again, before, declared, finish
from tests.faults.victim import Victim
from tests.journeys.offices import PDF, XML

__all__ = ["declared"]

CUTS = [(step, point) for step in STEPS for point in (POINTS[step] - DURABLE, POINTS[step] - DURABLE + 1, None)]


@pytest.mark.parametrize(("step", "point"), CUTS, ids=lambda value: str(value or "answered"))
async def test_a_power_cut_loses_nothing_answered(step: str, point: int | None, declared: Path, tmp_path: Path) -> None:
    """`point`: where the step is cut, just before or just after its last commit; None: once it was answered."""
    root, shadow, image = tmp_path / "var", tmp_path / "shadow", tmp_path / "image"
    shutil.copytree(declared, root)
    settle(root, shadow)
    story = Story()
    with Victim(root, os.environ | durable_environment(root, shadow)) as victim:
        story.ports = victim.ports
        for earlier in before(step):
            await act(story, earlier, victim.carry)
        if point is None:
            await act(story, step, victim.carry)
        else:
            victim.order(f"arm {point}")
            with pytest.raises(LOST):
                await act(story, step, victim.carry)
    build_image(shadow, image)
    async with again(image, story) as office:
        await check_consistent(office)
        found = await counted(office)
        for earlier in before(step):
            assert found[EFFECT[earlier]] == (2 if earlier == "put" else 1)
        done = point is None or point > POINTS[step] - DURABLE
        assert found[EFFECT[step]] == done + (step == "put")
        await finish(story, step, office)


UPLOAD_POINTS: Final = {"begin": 4, "first": 8, "last": 20}
"""The points of a resumable upload that comes in two halves: its row; file, directory and offset; the judged whole."""
UPLOAD_CUTS: Final = [
    *[("begin", 2), ("begin", None), ("first", 3), ("first", 6), ("first", None)],
    *[("last", 3), ("last", 6), ("last", 11), ("last", 16), ("last", 18), ("last", None)],
]


async def step_of_upload(upload: Resumable, step: str) -> None:
    if step == "begin":
        await upload.begin()
    else:
        await upload.send(*((0, HALF) if step == "first" else (HALF, len(PDF))))


async def test_the_points_of_an_upload_are_all_there_are(declared: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(declared, tmp_path / "var"))
    story, found = Story(), {}
    upload = Resumable(story)
    with Victim(root) as victim:
        story.ports = victim.ports
        await story.create()
        for step in UPLOAD_POINTS:
            victim.order("arm 0")
            await step_of_upload(upload, step)
            found[step] = int(victim.order("count"))
    assert found == UPLOAD_POINTS


@pytest.mark.parametrize(("step", "point"), UPLOAD_CUTS, ids=lambda value: str(value or "answered"))
async def test_what_an_upload_was_told_to_have_outlives_a_power_cut(
    step: str, point: int | None, declared: Path, tmp_path: Path
) -> None:
    """`point`: where the step is cut; None: once it was answered."""
    root, shadow, image = tmp_path / "var", tmp_path / "shadow", tmp_path / "image"
    shutil.copytree(declared, root)
    settle(root, shadow)
    story = Story()
    upload = Resumable(story)
    with Victim(root, os.environ | durable_environment(root, shadow)) as victim:
        story.ports = victim.ports
        await story.create()
        for one in UPLOAD_POINTS:
            if one == step and point is not None:
                victim.order(f"arm {point}")
                with pytest.raises(LOST):
                    await step_of_upload(upload, one)
            else:
                await step_of_upload(upload, one)
            if one == step:
                break
    build_image(shadow, image)
    async with again(image, story) as office:
        await check_consistent(office)
        if not upload.path:
            await upload.begin()  # what was not answered is asked for again
        standing = await upload.standing()
        assert upload.told <= standing <= len(PDF)
        if standing < len(PDF):
            await upload.send(standing, len(PDF))
        path = f"/folders/{story.folder['id']}/attachments/{story.folder['attachments'][0]['id']}"
        await story.call("PUT", path, data=XML, headers={"Content-Type": "application/octet-stream"})
        await story.complete()
        await story.fetch()
        assert PDF in story.fetched
        await check_consistent(office)
        assert (await counted(office))["attachment.received"] == 2
