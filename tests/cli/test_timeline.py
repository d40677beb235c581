from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.cli.printing import console
from gateway.cli.timeline import Story, show_story, show_timeline
from gateway.config import Settings
from gateway.domain.errors import NotFoundError
from tests.cli.dossiers import DEAD, deposited


def test_a_dossier_is_told(settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    view = deposited(settings, config)
    capsys.readouterr()
    show_timeline(view.folder.id, config, json=False)
    shown = capsys.readouterr().out
    assert shown.startswith("A-1  EtatCivil  HUBEE_NOTIFIED\n")
    for words in ("handed in: 1 case, 1 attachment", "deposit completed", "published to its recipient as A-1-"):
        assert words in shown


def test_scripts_get_every_line(settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    view = deposited(settings, config)
    capsys.readouterr()
    show_timeline(view.folder.id, config, json=True)
    story = json.loads(capsys.readouterr().out)
    assert (story["folder"]["id"], story["folder"]["globalStatus"]) == (view.folder.id, "HUBEE_NOTIFIED")
    assert [line["entry"] for line in story["lines"]] == [
        "folder.created",
        "attachment.received",
        "folder.completed",
        "delivery.published",
    ]
    assert {line["actor"] for line in story["lines"]} == {"depot"}


def test_no_folder_no_story(settings: Settings, config: Path) -> None:
    with pytest.raises(NotFoundError):
        show_timeline(DEAD, config, json=False)


def test_foreign_text_neither_colours_nor_controls_a_terminal(
    settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    view = deposited(settings, config)
    capsys.readouterr()
    hostile = replace(view, folder=replace(view.folder, external_id="[red]\x1b[2Jx"))
    assert show_story(console(), Story(hostile, ())) == 0
    assert capsys.readouterr().out.startswith("[red]·[2Jx  EtatCivil")
