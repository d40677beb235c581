"""Plans: rows with their waves, and the file that names the first line that was edited."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import RowState, Wave
from gateway.domain.plans import Plan, PlanFault, PlanFileError, Planned, UnplannableError, digested, lines, read
from tests.domain.test_specs import WHOLE

AT = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)


def planned(number: int, reason: str | None = None) -> Planned:
    return Planned(f"id-{number}", "SI-21350238800019-35238", "EtatCivil", Mode.SFTP, Transport.PULL, 1, number, reason)


def plan(*sizes: int, blocked: int = 0) -> Plan:
    moving = [planned(number) for number in range(sum(sizes))]
    waves = [Wave(number, size, AT) for number, size in enumerate(sizes, 1)]
    rows = [*moving, *(planned(number, "suspended") for number in range(blocked))]
    return digested(WHOLE, "gateway moves plan", AT, waves, rows, 7)


def test_rows_are_numbered_through_their_waves_and_the_blocked_ones_are_in_none() -> None:
    rows = list(plan(2, 0, 1, blocked=1).rows())
    assert [(row.position, row.wave, row.state) for row in rows] == [
        (1, 1, RowState.WAITING),
        (2, 1, RowState.WAITING),
        (3, 3, RowState.WAITING),
        (4, 0, RowState.BLOCKED),
    ]
    assert rows[-1].reason == "suspended"


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(0, 3))
def test_a_plan_is_read_back_as_it_was_written(sizes: list[int], blocked: int) -> None:
    whole = plan(*sizes, blocked=blocked)
    assert read(lines(whole)) == whole


def test_another_plan_has_another_digest() -> None:
    assert len({plan(2).digest, plan(3).digest, plan(2, blocked=1).digest, plan(1, 1).digest}) == 4
    assert plan(2).digest == plan(2).digest


def edited(change: Callable[[list[str]], object]) -> str:
    text = list(lines(plan(2, 1, blocked=1)))
    change(text)
    with pytest.raises(PlanFileError) as caught:
        read(text)
    return str(caught.value)


def put(text: list[str], number: int, **values: object) -> None:
    text[number - 1] = json.dumps(json.loads(text[number - 1]) | values)


def test_the_first_line_that_was_edited_is_named() -> None:
    assert edited(lambda text: put(text, 3, epoch=9)).startswith("line 3: was changed")
    assert edited(lambda text: put(text, 1, unchanged=0)).startswith("line 1: was changed")
    assert edited(lambda text: text.pop(2)).startswith("line 3: was changed, or the line before it taken out")
    assert edited(lambda text: text.reverse()).startswith("line 2: nothing may follow")
    assert edited(lambda text: text.pop()).startswith("line 6: the file ends here")
    assert edited(lambda text: text.clear()).startswith("line 1: the file ends here")
    assert edited(lambda text: text.append("{}")).startswith("line 7: nothing may follow")
    assert edited(lambda text: put(text, 6, digest="00")).startswith("line 6: the digest is not")
    assert edited(lambda text: text.insert(2, "[")).startswith("line 3: not as")


@given(st.lists(st.text() | st.sampled_from(['{"digest": 1}', "{}", '{"check": []}', "[1]", "1e999"])))
def test_no_text_breaks_the_reader(text: list[str]) -> None:
    with pytest.raises(PlanFileError, match=r"^line "):
        read(text)


def test_a_sound_digest_does_not_make_a_plan() -> None:
    short = digested(WHOLE, "me", AT, [Wave(1, 2, AT)], [planned(1)], 0)
    with pytest.raises(PlanFileError, match="waves do not hold"):
        read(lines(short))


def test_what_stands_against_a_plan_says_where() -> None:
    error = UnplannableError(PlanFault(("select", "list", 3), "does not exist"), PlanFault(("to",), "is so already"))
    assert error.faults == ("select.list.3: does not exist", "to: is so already")
