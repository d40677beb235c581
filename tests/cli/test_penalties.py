from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office
from gateway.cli.penalties import lift, show
from gateway.config import Settings
from gateway.services import authenticate
from gateway.services.office import Office


async def _fail(office: Office) -> None:
    for number in range(60):
        assert await authenticate.password_login(office, f"guess-{number}", "wrong", "192.0.2.1") is None
    for _ in range(office.policy.penalties.after):
        assert await authenticate.password_login(office, "renes", "wrong", "192.0.2.2") is None


def test_who_waits_is_shown_and_let_in(settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show(config, json=False, all_=False)
    assert capsys.readouterr().out == "Nobody has to wait.\n"
    show(config, json=False, all_=True)
    assert capsys.readouterr().out == "No failed logins are counted.\n"
    at_the_office(settings, "test", lambda o, _: _fail(o))
    show(config, json=True, all_=False)
    found = json.loads(capsys.readouterr().out)
    assert ("192.0.2.2", "SFTP", 6) in [(one["address"], one["door"], one["failures"]) for one in found]
    assert all(one["until"] for one in found)
    show(config, json=True, all_=True)
    assert len(json.loads(capsys.readouterr().out)) > len(found)
    show(config, json=False, all_=True)
    text = capsys.readouterr().out
    assert "(no such account)" in text
    assert "(the address itself)" in text
    lift("renes", "192.0.2.2", config, everything=False)
    assert capsys.readouterr().out == "Lifted: 1.\n"
    lift(None, None, config, everything=True)
    assert capsys.readouterr().out != "Lifted: 0.\n"
    show(config, json=False, all_=True)
    assert capsys.readouterr().out == "No failed logins are counted.\n"


@pytest.mark.parametrize(("account", "everything"), [(None, False), ("rennes", True)])
def test_whom_is_to_be_said(config: Path, account: str | None, everything: bool) -> None:
    with pytest.raises(CommandError) as refused:
        lift(account, None, config, everything=everything)
    assert refused.value.code is Exit.USAGE
