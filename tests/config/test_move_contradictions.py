"""Which rules contradict each other, over every combination of doors; the messages are shown by test_moves.py."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from gateway.config.located import load
from gateway.config.move_contradictions import contradictions
from gateway.config.move_models import MoveModel
from gateway.config.validation import validate


def paths(**values: Any) -> list[str]:
    text = "move: m\n" + "\n".join(f"{key}: {value}" for key, value in values.items() if value is not None)
    document = load(text, "m.yaml")
    return [fault.path for fault in contradictions(document, validate(MoveModel, document))]


MODES = ("SFTP", "API", "PORTAIL")


@pytest.mark.parametrize(("source", "to"), list(itertools.product(MODES, MODES)))
def test_a_move_leads_to_another_mode(source: str, to: str) -> None:
    assert paths(select=f"{{mode: {source}}}", to=to) == (["to"] if source == to else [])


@pytest.mark.parametrize(("source", "to"), list(itertools.product(("pull", "push"), ("pull", "push", None))))
def test_or_to_the_other_transport(source: str, to: str | None) -> None:
    wanted = ["to"] if source == (to or "pull") else []
    assert paths(select=f"{{transport: {source}}}", to="SFTP", transport=to) == wanted


def test_with_any_mode_selected_what_is_there_already_stays() -> None:
    assert paths(select="{process: EtatCivil}", to="SFTP") == []
    assert paths(select="{mode: SFTP}", to="SFTP", transport="push") == []


def test_push_is_not_rehearsed() -> None:
    assert paths(select="{mode: API}", to="SFTP", via="{dual_run: {at_least: 1d}}") == []
    assert paths(select="{mode: API}", to="SFTP", transport="push", via="{dual_run: {at_least: 1d}}") == [
        "via.dual_run"
    ]


def test_percentages_may_overlap_until_all_is_taken() -> None:
    assert paths(select="{mode: SFTP}", to="API", waves="[{size: 60%}, {size: 60%}]") == []
    assert paths(select="{mode: SFTP}", to="API", waves="[{size: 60%}, {size: 40%}, {size: 1}]") == ["waves[2]"]
