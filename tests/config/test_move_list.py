"""Lists of subscriptions: the pairs, and every fault at its line and cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.move_list import load_list, read_list

A, B = "SI-21350238800019-35238", "SI-21290019900015-29019"


def told(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_list(text, "l.csv")
    return str(caught.value).split("\n")


def test_rows_know_their_lines(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_bytes(
        f"organization,process\r\n{A},EtatCivil\r\n\r\n {B} , CERTDC \r\n".encode("utf-8-sig")
    )
    found = read_list(tmp_path / "l.csv")
    assert [(row.organization, row.process, row.line) for row in found] == [(A, "EtatCivil", 2), (B, "CERTDC", 4)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "l.csv:1:1: the first line must name the columns: organization, process"),
        ("organization,process\n", "l.csv:1:1: lists no subscription"),
        (f"{A},E\n", "l.csv:1:1: unknown column; known: organization, process"),
        ("organization,organization,process\n", "l.csv:1:2: organization: this column is given twice"),
        ("process\n", "l.csv:1:1: organization: this column is missing"),
        (f"organization,process\n{A}\n", "l.csv:2:2: process: is missing"),
        (f"organization,process\n{A},E\nrennes,E\n", "l.csv:3:1: organization: an organization is named TYPE-siret"),
        (f"organization,process\n{A},a b\n", "l.csv:2:2: process: is no code of a process"),
        (f"organization,process\n{A},E,F\n", "l.csv:2:3: this row has more cells than the header"),
        (f"organization,process\n{A},E\n{B},E\n{A},E\n", "l.csv:4:1: is listed twice, first on line 2"),
        (f'organization,process\n{A},"E\n', "l.csv:2:1: not valid CSV: "),
    ],
)
def test_every_fault_has_its_line_and_cell(text: str, fault: str) -> None:
    assert told(text)[0].startswith(fault)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_bytes(b"organization,process\n\xff")
    with pytest.raises(ConfigurationError, match=r"l\.csv:2:1: the text is not UTF-8"):
        read_list(tmp_path / "l.csv")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_list(tmp_path / "m.csv")


rows = st.lists(st.tuples(st.sampled_from([A, B, "x", ""]), st.text(max_size=4)))


def faults_of(text: str) -> tuple[Fault, ...]:
    try:
        assert load_list(text, "l.csv")
    except ConfigurationError as error:
        return error.faults
    return ()


@given(st.text() | rows.map(lambda found: "organization,process\n" + "\n".join(",".join(row) for row in found)))
def test_no_text_breaks_it(text: str) -> None:
    assert all(fault.line >= 1 and fault.column >= 1 for fault in faults_of(text))
