from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from gateway.cli.legacy import show
from gateway.cli.opening import at_the_office
from gateway.config import Settings
from gateway.domain.identity import Door, OrganizationId
from gateway.domain.referential import Organization, SftpAccount
from gateway.domain.sightings import Sighting
from gateway.services.office import Office
from gateway.services.ports import Transaction

NAME = "SI-21350238800019-35238"


async def _declare(office: Office) -> None:
    def verb(tx: Transaction) -> None:
        now = office.clock()
        tx.organizations.add(Organization(OrganizationId.parse(NAME), "Rennes"), now)
        tx.accounts.add(SftpAccount("id", NAME, "rennes", legacy_algorithms_until=date(2030, 1, 31)), now)
        tx.sightings.note(Sighting(Door.SFTP, "rennes", now, "JSCH-0.1.54", "ssh-rsa aes128-cbc", now))

    await office.store.write(verb)


def test_who_needs_old_algorithms_is_shown(
    settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show(config, json=False)
    assert capsys.readouterr().out == "No account may use old algorithms.\n"
    at_the_office(settings, "test", lambda office, _: _declare(office))
    show(config, json=True)
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["account"], one["until"], one["software"]) == ("rennes", "2030-01-31", "JSCH-0.1.54")
    assert one["lastUsedAt"]
    show(config, json=False)
    text = capsys.readouterr().out
    assert "2030-01-31" in text
    assert "1 subscribers still need old algorithms." in text
