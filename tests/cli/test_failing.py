from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.cli.exits import Exit
from gateway.cli.failing import MOST_SHOWN, CommandError, Wishes, described, failures
from gateway.config import ConfigurationError, Fault
from gateway.domain.errors import InvalidRequestError, UnavailableError


def ended(error: BaseException, wishes: Wishes | None = None) -> object:
    with pytest.raises(SystemExit) as raised, failures(wishes or Wishes()):
        raise error
    return raised.value.code


def test_a_failure_is_one_block_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(CommandError("say --more", Exit.REFUSED)) == 4
    assert capsys.readouterr() == ("", "gateway: say --more\n")


def test_every_fault_is_shown_with_its_place() -> None:
    faults = [Fault("http.port", 3, 9, "must be a number", "g.yaml"), Fault("x", 1, 2, "unknown key", "g.yaml")]
    assert described(ConfigurationError(faults)) == (
        "2 faults:\n  g.yaml:1:2: x: unknown key\n  g.yaml:3:9: http.port: must be a number"
    )
    assert described(InvalidRequestError("only one")) == "only one"


def test_a_flood_of_faults_is_counted() -> None:
    shown = described(InvalidRequestError(*(f"fault {number}" for number in range(1000)))).splitlines()
    assert len(shown) == MOST_SHOWN + 2
    assert shown[-1] == "  … and 800 more"


def test_a_passing_failure_says_when_to_come_back() -> None:
    assert described(UnavailableError("The store is away", timedelta(seconds=5))) == "The store is away (in 5 s)"


def test_an_unexpected_failure_shows_no_inside_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(KeyError("password=hunter2")) == 1
    shown = capsys.readouterr().err
    assert "KeyError" in shown
    assert "hunter2" not in shown
    assert ended(KeyError("x"), Wishes(debug=True)) == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_ends_as_shells_expect() -> None:
    assert ended(KeyboardInterrupt()) == 130


def test_success_passes_through() -> None:
    with failures(Wishes()):
        pass
