"""Exported journals: written, and checked by whoever has them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.journal_export import HELD, WIDEST, JournalExportError, line_text, read, seal_text
from gateway.domain.seals import Fault
from tests.domain.test_seals import FIRST, LINES, MORE, SECOND, check, line

WHOLE = [*map(line_text, LINES), seal_text(FIRST), *map(line_text, MORE), seal_text(SECOND)]


def test_what_was_written_is_read() -> None:
    found = read(WHOLE, check)
    assert (found.seals, found.lines, found.faults) == (2, 5, ())
    assert (read([], check).seals, read([], check).faults) == (0, ())


def test_the_first_wrong_line_is_named() -> None:
    changed = [*WHOLE[:1], line_text(replace(LINES[1], actor="nobody")), *WHOLE[2:]]
    assert read(changed, check).faults == (Fault(2, "was changed after it was sealed"),)
    assert read([*WHOLE[:1], *WHOLE[2:]], check).faults == (Fault(2, "is missing"),)
    assert read([*WHOLE, line_text(line(8))], check).faults == (Fault(8, "stands behind the last seal"),)
    assert len(read(WHOLE[4:], check, 1).faults) == 1


def told(*text: str) -> int:
    with pytest.raises(JournalExportError, match="not as `gateway journal export` writes it") as caught:
        read(text, check)
    return caught.value.line


def seal(**changes: Any) -> str:
    return json.dumps({"seal": json.loads(seal_text(FIRST))["seal"] | changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"line": 1}',
        '{"line": {}, "seal": {}}',
        '{"line": {"seq": 1}}',
        '{"seal": {}}',
        "[" * 100_000,
        line_text(LINES[0]).replace('"seq":1', '"seq":"1"'),
        seal(digests="zz"),
        seal(first="one"),
        seal(last=1e999),
        seal(missing=5),
        seal(last=WIDEST + 1),
        seal(sealedAt=1),
    ],
    ids=[f"text{number}" for number in range(14)],
)
def test_what_is_no_export_is_told_with_its_line(text: str) -> None:
    assert told(WHOLE[0], text) == 2


def test_lines_that_no_seal_ends_are_not_held_without_end() -> None:
    large = line_text(line(1, detail={"note": "x" * (HELD // 4)}))
    assert told(*[large] * 5) == 4


def test_text_that_cannot_be_sealed_is_no_export() -> None:
    surrogate = line_text(LINES[0]).replace('"client"', '"\\ud800"')
    assert told(surrogate, WHOLE[3]) == 2
