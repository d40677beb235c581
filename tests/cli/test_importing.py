from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.importing import import_file
from gateway.cli.opening import at_the_office
from gateway.config import ConfigurationError, Settings
from gateway.domain.identity import Caller
from gateway.services.office import Office
from tests.cli.onboarding import TOWN, WHOLE

NO_SECRETS = WHOLE.replace(', client_secret: "not so secret"', "").replace('password: "not so secret", ', "")


def run(place: Path, text: str | None = None, **options: Any) -> None:
    file = place / "onboarding.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    defaults: dict[str, Any] = {"dry_run": False, "credentials_out": None, "json": True}
    import_file(file, place / "gateway.yaml", **(defaults | options))


def held(settings: Settings, client: str = "depot") -> bool:
    async def verb(office: Office, _: Caller) -> bool:
        return await office.store.read(lambda tx: tx.clients.get(client)) is not None

    return at_the_office(settings, "test", verb)


def test_it_creates_and_a_second_run_changes_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(place)
    first = json.loads(capsys.readouterr().out)
    assert first["changed"]
    assert first["counts"]["subscriptions"] == {"created": 1, "updated": 0, "unchanged": 0}
    run(place)
    second = json.loads(capsys.readouterr().out)
    assert not second["changed"]
    assert second["counts"]["sftp accounts"] == {"created": 0, "updated": 0, "unchanged": 1}


def test_a_dry_run_changes_nothing(place: Path, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    run(place, dry_run=True, credentials_out=place / "unused.json")
    report = json.loads(capsys.readouterr().out)
    assert (report["dryRun"], report["changed"]) == (True, True)
    assert not held(settings)
    assert not (place / "unused.json").exists()


def test_all_faults_of_the_store_are_placed_and_nothing_is_kept(place: Path, settings: Settings) -> None:
    text = WHOLE.replace("process: EtatCivil, accessMode: SFTP", "process: Unknown, accessMode: SFTP")
    text = text.replace('["192.0.2.0/24"]', '["nowhere"]')
    with pytest.raises(ConfigurationError) as raised:
        run(place, text)
    assert [str(fault).split(": ")[:2] for fault in raised.value.faults] == [
        ["onboarding.yaml:7:52", "process"],
        [
            f"onboarding.yaml:10:{text.splitlines()[9].index('EtatCivil') + 1}",
            f"{TOWN} has no subscription to EtatCivil",
        ],
        ["onboarding.yaml:11:71", "networks[0]"],
    ]
    assert not held(settings)


def test_generated_secrets_are_shown_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(place, NO_SECRETS)
    made = json.loads(capsys.readouterr().out)["credentials"]
    assert [(each["kind"], each["name"]) for each in made] == [("api clients", "depot"), ("sftp accounts", "town")]
    assert all(len(each["secret"]) == 43 for each in made)
    run(place, NO_SECRETS)
    assert json.loads(capsys.readouterr().out)["credentials"] == []


def test_secrets_can_go_to_a_file_of_ones_own(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = place / "secrets.json"
    run(place, NO_SECRETS, credentials_out=out)
    shown = json.loads(capsys.readouterr().out)
    kept = json.loads(out.read_text(encoding="utf-8"))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [each["name"] for each in kept["credentials"]] == ["depot", "town"]
    assert (shown["credentials"], shown["secretsIn"]) == ([], "secrets.json")
    assert all(each["secret"] not in json.dumps(shown) for each in kept["credentials"])


def test_no_file_is_written_over(place: Path, settings: Settings) -> None:
    out = place / "secrets.json"
    out.write_text("precious", encoding="utf-8")
    with pytest.raises(CommandError, match="exists already") as raised:
        run(place, NO_SECRETS, credentials_out=out)
    assert raised.value.code is Exit.REFUSED
    assert out.read_text(encoding="utf-8") == "precious"
    assert not held(settings)


def test_a_file_that_cannot_be_made_stops_the_import(place: Path, settings: Settings) -> None:
    with pytest.raises(CommandError, match="cannot be made"):
        run(place, NO_SECRETS, credentials_out=place / "absent" / "secrets.json")
    assert not held(settings)


def test_an_unused_file_for_secrets_does_not_stay(place: Path) -> None:
    run(place, credentials_out=place / "none.json")
    assert not (place / "none.json").exists()
    with pytest.raises(ConfigurationError):
        run(
            place,
            NO_SECRETS.replace("username: town", "username: other").replace("[EtatCivil]", "[X]"),
            credentials_out=place / "none.json",
        )
    assert "none.json" not in os.listdir(place)


def test_two_hundred_subscribers_at_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["subscriber;name;process;accessMode;username"]
    rows += [f"SI-219900{n:06}19-99{n:03};Mairie {n};EtatCivil;SFTP;town-{n}" for n in range(200)]
    (place / "towns.csv").write_text("\n".join(rows), encoding="utf-8")
    run(place)
    capsys.readouterr()
    import_file(place / "towns.csv", place / "gateway.yaml", dry_run=True, credentials_out=None, json=True)
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["subscriptions"]["created"] == 200
    assert len(report["withheld"]) == 200
