from __future__ import annotations

from gateway.services.declaration import Change, DeclarationError, Kind, Outcome, Report, RowFault


def test_the_error_tells_every_fault() -> None:
    error = DeclarationError((RowFault("a", "x", "first"), RowFault("b", "", "second")))
    assert error.faults == ("first", "second")
    assert error.message == "first"
    assert [row.origin for row in error.rows] == ["a", "b"]


def test_a_report_knows_whether_something_changed() -> None:
    counts = {kind: dict.fromkeys(Outcome, 0) for kind in Kind}
    assert not Report(False, counts).changed
    assert Report(False, counts, (Change(Kind.PROCESS, "X", Outcome.CREATED),)).changed
