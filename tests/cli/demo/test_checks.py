from __future__ import annotations

import io

import pytest

from gateway.cli.demo import checks
from gateway.cli.demo.checks import Checks, DemoFailure
from gateway.cli.printing import console


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


def test_what_holds_is_counted_and_told(out: io.StringIO) -> None:
    held = Checks(console(out))
    held.scene("One")
    held.step("The depositor", "does [something]")
    held.equal("the status", "DONE", "DONE")
    held.true("it is so", holds=True)
    held.note("by the way")
    assert held.held == 2
    assert out.getvalue() == (
        "\n── One ──\n\nThe depositor does [something]\n  ✓ the status: DONE\n  ✓ it is so\n  by the way\n"
    )


def test_what_does_not_hold_says_what_was_expected_and_seen(out: io.StringIO) -> None:
    held = Checks(console(out))
    with pytest.raises(DemoFailure, match="the status\n  expected: DONE\n  seen:     SENT"):
        held.equal("the status", "DONE", "SENT")
    with pytest.raises(DemoFailure, match="it is so\n  seen: this"):
        held.true("it is so", holds=False, seen="this")
    assert held.held == 0


async def test_what_comes_late_is_waited_for(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_INTERVAL", 0)
    statuses = iter(["SENT", "SENT", "DONE"])

    async def look() -> str:
        return next(statuses)

    assert await Checks(console(out)).soon("the status", "DONE", look) == "DONE"


async def test_what_never_comes_is_a_failure(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_INTERVAL", 0)
    monkeypatch.setattr(checks, "PATIENCE", 0)

    async def look() -> str:
        return "SENT"

    with pytest.raises(DemoFailure, match="seen:     SENT"):
        await Checks(console(out)).soon("the status", "DONE", look)
