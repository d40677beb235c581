from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.cli.clients import list_clients, retire, revoke, rotate
from gateway.cli.opening import at_the_office
from gateway.config import Settings
from gateway.domain.errors import ConflictError, NotFoundError
from gateway.domain.identity import Right, Role
from gateway.domain.referential import ApiClient
from gateway.services import authenticate
from gateway.services.ports import Transaction
from tests.cli.dossiers import deposited

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_client_is_listed_rotated_retired_and_revoked(
    settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    list_clients(config, json=False)
    assert "No API clients" in capsys.readouterr().out
    deposited(settings, config)
    capsys.readouterr()
    list_clients(config, json=True)
    listed = json.loads(capsys.readouterr().out)
    client = listed[0]
    assert (client["secrets"], client["rights"]) == (1, [])
    name = client["clientId"]
    rotate(name, config, json=True)
    secret = json.loads(capsys.readouterr().out)["clientSecret"]
    at_the_office(settings, "test", lambda o, _: authenticate.grant_token(o, name, secret, client["role"]))
    with pytest.raises(ConflictError):
        rotate(name, config, json=False)
    list_clients(config, json=False)
    assert name in capsys.readouterr().out
    retire(name, "old", config)
    with pytest.raises(ConflictError):
        retire(name, "old", config)
    capsys.readouterr()
    revoke(name, config, json=True)
    assert json.loads(capsys.readouterr().out) == {"clientId": name, "tokens": 1}
    revoke(name, config, json=False)
    assert capsys.readouterr().out == "Tokens ended: 0.\n"
    rotate(name, config, json=False)
    assert "not shown again" in capsys.readouterr().out


def test_the_rights_of_a_client_are_listed(
    settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def declared(tx: Transaction, organization: str) -> None:
        rights = frozenset({Right.APPLY, Right.PLAN})
        tx.clients.add(ApiClient("anne", organization, Role.ADMIN, rights=rights), LONG_AGO)

    at_the_office(settings, "test", lambda o, _: o.store.write(lambda tx: declared(tx, o.gateway)))
    list_clients(config, json=False)
    table = capsys.readouterr().out.splitlines()
    assert table[0].split()[-1] == "rights"
    assert table[1].split()[-2:] == ["plan", "apply"]
    list_clients(config, json=True)
    assert json.loads(capsys.readouterr().out)[0]["rights"] == ["plan", "apply"]


def test_an_unknown_client_is_said_so(config: Path) -> None:
    with pytest.raises(NotFoundError):
        revoke("nobody", config, json=False)
