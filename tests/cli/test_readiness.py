"""`gateway subscriptions readiness`, `try` and `clean`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office
from gateway.cli.readiness import clean, send, show
from gateway.config import ConfigurationError, Settings
from gateway.domain.errors import InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Door, Role
from gateway.domain.referential import ApiClient
from gateway.domain.sightings import Sighting
from gateway.services.office import Office
from tests.cli.dossiers import deposited
from tests.cli.onboarding import TOWN


@pytest.fixture
def town(settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A subscriber of EtatCivil in mode SFTP, in whose inbox a delivery waits."""
    deposited(settings, config)
    capsys.readouterr()
    return TOWN


def with_a_used_client(settings: Settings) -> None:
    async def verb(office: Office, _: Caller) -> None:
        now = office.clock()
        client = ApiClient("tried", TOWN, Role.SI, secret_hashes=("hash",))
        await office.store.write(lambda tx: tx.clients.add(client, now))
        await office.store.write(lambda tx: tx.sightings.note(Sighting(Door.API, "tried", now, "Suite 5")))

    at_the_office(settings, "test", verb)


def test_one_that_is_not_ready_is_told_why(town: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="Not ready for PORTAIL: this gateway has no portal yet") as error:
        show(town, "EtatCivil", "PORTAIL", "pull", config, json=False)
    assert error.value.code == 1
    told = capsys.readouterr().out
    shown = [line.split() for line in told.splitlines()]
    assert shown[0] == ["point", "go?", "reason"]
    assert ["credentials", "no-go"] in [line[:2] for line in shown]
    assert ["undelivered", "info"] in [line[:2] for line in shown]
    assert "1 deliveries wait to be fetched, 0 to be acknowledged" in told
    with pytest.raises(CommandError):
        show(town, "EtatCivil", "PORTAIL", "pull", config, json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["go"], found["subscriber"], found["points"][0]["go"]) == (False, town, True)
    with pytest.raises(NotFoundError):
        show(town, "PACS", "API", "pull", config, json=False)


def test_one_that_is_ready_is_told_how_to_go_on(
    town: str, settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_a_used_client(settings)
    show(town, "EtatCivil", "API", "pull", config, json=False)
    told = capsys.readouterr().out
    assert "tried was last seen 0 min ago (Suite 5)" in told
    assert f"gateway subscriptions switch {town} EtatCivil --to API" in told


def test_made_up_dossiers_are_sent_and_taken_back(
    town: str, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    send(town, "EtatCivil", None, 2, config, json=False)
    told = capsys.readouterr().out
    assert told.count("TEST-") == 2
    assert "Sent 2 to 1." in told
    file = tmp_path / "few.csv"
    file.write_text(f"organization;process\n{town};EtatCivil\n")
    send(None, None, file, 21, config, json=False)
    assert "… and 1 more" in capsys.readouterr().out
    send(None, None, file, 1, config, json=True)
    assert json.loads(capsys.readouterr().out)[0]["number"].startswith("TEST-")
    clean(None, None, file, config, json=True)
    assert json.loads(capsys.readouterr().out) == {"cleaned": 24}
    clean(town, "EtatCivil", None, config, json=False)
    assert capsys.readouterr().out == "Taken back: 0.\n"


def test_what_is_named_wrongly_is_told(town: str, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "few.csv"
    file.write_text(f"organization,process\n{town},PACS\nSI-21350238800019-99999,EtatCivil\n")
    with pytest.raises(InvalidRequestError) as error:
        send(None, None, file, 1, config, json=False)
    assert len(error.value.faults) == 2
    file.write_text("commune,process\n")
    with pytest.raises(ConfigurationError, match="unknown column"):
        clean(None, None, file, config, json=False)
    for one, process, listed in ((None, None, None), (town, None, None), (town, "EtatCivil", file)):
        with pytest.raises(CommandError, match="one of the two"):
            send(one, process, listed, 1, config, json=False)
