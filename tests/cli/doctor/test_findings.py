from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.doctor.findings import State, problem, reason, warning, well


def test_each_state_has_its_words() -> None:
    assert (well("a", "x").state, well("a", "x").advice) == (State.OK, "")
    assert warning("a", "x", "do y").state is State.WARNING
    assert problem("a", "x", "do y").state is State.PROBLEM


def test_a_reason_names_no_path() -> None:
    with pytest.raises(OSError) as raised:
        Path("/no/such/file").read_bytes()
    assert reason(raised.value) == "no such file or directory"
