"""Moves asked for in a request: the same text as a file's, its faults with their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config.move_requests import MOST, read_text
from gateway.config.moves import read_move
from gateway.domain.plans import MoveTextError, PlanFault, UnplannableError

EXAMPLE = Path(__file__).parents[2] / "config" / "moves" / "example.yaml"
LEAST = "move: m\nselect: {mode: SFTP}\nto: API\n"


def told(text: str | bytes) -> list[str]:
    with pytest.raises(MoveTextError) as caught:
        read_text(text if isinstance(text, bytes) else text.encode())
    assert caught.value.faults == tuple(map(str, caught.value.found))
    return list(caught.value.faults)


def test_a_text_asks_for_what_a_file_asks_for() -> None:
    assert read_text(EXAMPLE.read_bytes()).spec == read_move(EXAMPLE).spec


def test_json_is_read_as_yaml() -> None:
    text = b'{"move": "m",\n\t"select": {"mode": "SFTP", "process": ["EtatCivil"]}, "to": "\\u0041PI"}'
    spec = read_text(text).spec
    assert (spec.name, spec.select.processes, spec.to) == ("m", ("EtatCivil",), "API")


def test_every_fault_has_its_place() -> None:
    assert told(LEAST + "wawes: []\ntransport: push\n") == [
        "line 4, column 1: wawes: unknown key; did you mean `waves`?"
    ]
    assert told("move: m\nselect: {mode: SFTP}\nto: [\n")[0].startswith("line 4, column 1: not valid YAML: ")
    assert told(b"move: m\n\xff") == ["line 2, column 1: the text is not UTF-8"]
    assert told("")[0].startswith("line 1, column 1: move: is missing")


def test_what_grows_when_it_is_read_is_refused() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert any("aliases (*name) are not supported" in fault for fault in told(bomb))
    assert told("[" * 40)[-1].endswith("nested too deeply")


def test_of_many_faults_the_first_are_told() -> None:
    faults = told("".join(f"unknown{number}: 1\n" for number in range(200)))
    assert len(faults) == MOST + 1
    assert faults[-1] == "and 153 more"


def test_lists_are_given_whole_since_no_file_lies_beside() -> None:
    assert told("move: m\nselect: {list: a.csv}\nto: API\n") == [
        "line 2, column 10: select.list: no file lies beside a request: give the rows themselves, under `subscriptions`"
    ]
    rows = "[{organization: SI-21350238800019-35238, process: EtatCivil}]"
    found = read_text(f"move: m\nselect: {{subscriptions: {rows}}}\nto: API\n".encode())
    assert found.spec.select.listed == (("SI-21350238800019-35238", "EtatCivil"),)


def test_what_stands_against_a_plan_is_told_where_it_is_asked_for() -> None:
    found = read_text(
        b"move: m\nselect:\n  subscriptions:\n  - organization: SI-21350238800019-35238\n    process: P\nto: API\n"
    )
    error = found.placed(UnplannableError(PlanFault(("select", "list", 0), "does not exist"), PlanFault(("to",), "no")))
    assert error.faults == (
        "line 4, column 5: select.subscriptions[0]: does not exist",
        "line 6, column 1: to: no",
    )
    assert [(one.path, one.line, one.column) for one in error.found] == [
        ("select.subscriptions[0]", 4, 5),
        ("to", 6, 1),
    ]


def test_many_faults_under_a_long_name_end_the_reading() -> None:
    """Each tells its whole path: a text of a megabyte would make gigabytes of them."""
    raw = b"? " + b"k" * 20_000 + b"\n: [" + b"!t x, " * 2_000 + b"]"
    faults = told(raw)
    assert len(faults) == MOST + 1
    assert faults[-1].endswith("and 50 more")
