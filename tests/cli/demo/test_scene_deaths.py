from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.demo import scene_deaths
from gateway.cli.demo.checks import DemoFailure
from tests.cli.demo.players import Answers, cast_of, folder

NUMBER = scene_deaths.NUMBER
CASES = (f"{NUMBER}-01", f"{NUMBER}-02")


async def test_a_folder_that_did_not_reach_its_recipients_is_found(tmp_path: Path) -> None:
    """The whole scene, against a real gateway, is in test_demo.py."""
    stuck = folder(NUMBER, "HUBEE_RECEIVED", *CASES, attachments=3)
    cast, _ = cast_of(tmp_path, Answers(POST_folders=stuck, GET_folders=stuck))
    with pytest.raises(DemoFailure, match="expected: HUBEE_NOTIFIED\n  seen:     HUBEE_RECEIVED"):
        await scene_deaths.play(cast)


async def test_an_attachment_that_was_not_kept_is_found(tmp_path: Path) -> None:
    lost = folder(NUMBER, "HUBEE_NOTIFIED", *CASES, attachments=3)
    lost["attachments"][1]["status"] = "PENDING"
    cast, _ = cast_of(tmp_path, Answers(POST_folders=lost, GET_folders=lost))
    with pytest.raises(DemoFailure, match="every attachment is kept"):
        await scene_deaths.play(cast)
