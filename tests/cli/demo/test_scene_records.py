from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.demo import openssh, scene_records
from gateway.cli.demo.checks import DemoFailure
from tests.cli.demo.players import Answers, cast_of, folder

NUMBER = scene_records.NUMBER


async def test_a_folder_that_did_not_reach_its_recipient_is_found(tmp_path: Path) -> None:
    """The whole scene, against a real gateway, is in test_demo.py."""
    stuck = folder(NUMBER, "HUBEE_COMPLETED", f"{NUMBER}-01")
    cast, _ = cast_of(tmp_path, Answers(POST_folders=stuck, GET_folders=stuck))
    with pytest.raises(DemoFailure, match="expected: HUBEE_NOTIFIED\n  seen:     HUBEE_COMPLETED"):
        await scene_records.play(cast)


async def test_an_empty_inbox_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = folder(NUMBER, "HUBEE_NOTIFIED", f"{NUMBER}-01")
    cast, _ = cast_of(tmp_path, Answers(POST_folders=there, GET_folders=there))

    async def nothing(*_: object) -> list[str]:
        return []

    monkeypatch.setattr(openssh, "available", lambda: True)
    monkeypatch.setattr(openssh, "batch", nothing)
    with pytest.raises(DemoFailure, match="one archive is waiting"):
        await scene_records.play(cast)
