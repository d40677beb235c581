from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.demo import checks, scene_unions
from gateway.cli.demo.checks import DemoFailure
from tests.cli.demo.players import Answers, cast_of, folder

NUMBER = scene_unions.NUMBER


async def test_an_archive_that_never_shows_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole scene, against a real gateway, is in test_demo.py."""
    there = folder(NUMBER, "HUBEE_NOTIFIED", f"{NUMBER}-01", attachments=3)
    cast, _ = cast_of(tmp_path, Answers(POST_folders=there, GET_folders=there))

    async def nothing(*_: object) -> list[str]:
        return []

    monkeypatch.setattr(type(cast), "legacy", nothing)
    monkeypatch.setattr(checks, "PATIENCE", 0)
    with pytest.raises(DemoFailure, match="the archive is waiting"):
        await scene_unions.play(cast)
