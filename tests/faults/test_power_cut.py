"""A power cut after each answer, and in the middle of each step: everything answered is in what had been synced."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.faults.durable import build_image, durable_environment, settle
from tests.faults.left import check_consistent, counted
from tests.faults.story import LOST, Story
from tests.faults.test_kill import DURABLE, EFFECT, POINTS, STEPS, act, again, before, declared, finish
from tests.faults.victim import Victim

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
