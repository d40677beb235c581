from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.cli.accounts import expiring, show
from gateway.cli.opening import at_the_office
from gateway.config import Settings
from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Door
from gateway.domain.sightings import Sighting
from gateway.services import authenticate, sightings
from gateway.services.office import Office
from tests.cli.dossiers import deposited

USERNAME = "town"
SOFTWARE = "[red]OpenSSH_9.2"


async def _used(office: Office) -> None:
    await sightings.note(office, Sighting(Door.SFTP, USERNAME, office.clock(), SOFTWARE, "curve25519-sha256"))
    await authenticate.password_login(office, USERNAME, "wrong", "192.0.2.1")


def test_an_account_is_shown_without_its_secrets(
    settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deposited(settings, config)
    at_the_office(settings, "test", lambda o, _: _used(o))
    capsys.readouterr()
    show(USERNAME, config, json=True)
    text = capsys.readouterr().out
    said = json.loads(text)
    assert (said["username"], said["password"], said["software"]) == (USERNAME, True, SOFTWARE)
    assert [(one["address"], one["failures"]) for one in said["failedLogins"]] == [("192.0.2.1", 1)]
    assert "argon2" not in text
    show(USERNAME, config, json=False)
    text = capsys.readouterr().out
    assert SOFTWARE in text
    assert "address 192.0.2.1, failures 1" in text
    assert "argon2" not in text
    with pytest.raises(NotFoundError):
        show("nobody", config, json=False)


def test_what_ends_soon_is_listed(settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deposited(settings, config)
    capsys.readouterr()
    expiring(30, config, json=False)
    assert capsys.readouterr().out == "No password or key ends within 30 days.\n"
    key = 'expiry-time="20200101Z" ssh-ed25519 AAAA'
    at_the_office(settings, "test", lambda o, _: _changed(o, key))
    expiring(30, config, json=True)
    (said,) = json.loads(capsys.readouterr().out)
    assert (said["account"], said["kind"], said["key"]) == (USERNAME, "key", 1)
    assert said["endsAt"] == "2020-01-01T00:00:00.000+00:00"
    expiring(30, config, json=False)
    assert "key 1" in capsys.readouterr().out


async def _changed(office: Office, key: str) -> None:
    account = await office.store.read(lambda tx: tx.accounts.by_username(USERNAME))
    assert account is not None
    await office.store.write(lambda tx: tx.accounts.change(replace(account, public_keys=(key,)), office.clock()))
