"""What is printed: each row with the load beside it, the first line with that of the beginning."""

from __future__ import annotations

import json

from tools.bench.figures import Row, Series
from tools.bench.load import Load
from tools.bench.report import as_json, machine, table

_ROW = Row("poll", "ms", Series((4.0,)), 0.25, "OpenSSH", Series((20.0,)), load=Load(5.2, 0.4))


def test_a_row_of_a_busy_machine_is_labelled() -> None:
    assert table([_ROW]).splitlines()[-1].endswith("ok  load 5.2, others 40%: busy")
    assert table([Row("poll", "ms", Series((4.0,)), None, load=Load(0.2, 0.0))]).endswith("load 0.2, others 0%")


def test_scripts_get_the_load_too() -> None:
    (row,) = json.loads(as_json([_ROW], "machine"))["rows"]
    assert row["load"] == {"average": 5.2, "others": 0.4}


def test_the_first_line_names_the_load_and_what_is_missing() -> None:
    told = machine("SQLite", None, Load(0.3, 0.01))
    assert "(load 0.3, others 1% at the beginning)" in told
    assert "nginx is not installed" in told
