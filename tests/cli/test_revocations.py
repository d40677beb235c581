from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office
from gateway.cli.revocations import revoke, show
from gateway.config import Settings
from gateway.domain.revocations import fingerprint
from gateway.services.office import Office
from gateway.services.ports import Transaction
from tests.cli.dossiers import deposited

WIRE = b"\0\0\0\x0bssh-ed25519" + bytes(36)
CA = f"ssh-ed25519 {base64.b64encode(WIRE).decode()}"


async def _trust(office: Office) -> None:
    def verb(tx: Transaction) -> None:
        account = tx.accounts.by_username("town")
        assert account is not None
        tx.accounts.change(replace(account, authorities=(CA,)), office.clock())

    await office.store.write(verb)


def test_entries_and_a_file_are_revoked_shown_and_restored(
    settings: Settings, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deposited(settings, config)
    at_the_office(settings, "test", lambda o, _: _trust(o))
    capsys.readouterr()
    show(config, json=False)
    assert capsys.readouterr().out == "No certificate is revoked.\n"
    (tmp_path / "list").write_text("# gone\nserial: 5-7\n")
    revoke(CA, ["id: [red]alice"], tmp_path / "list", config, restore=False)
    assert capsys.readouterr().out == "Revoked: 2.\n"
    show(config, json=True)
    said = json.loads(capsys.readouterr().out)
    assert {(one["authority"], one["entry"]) for one in said} == {
        (fingerprint(WIRE), "id: [red]alice"),
        (fingerprint(WIRE), "serial: 5-7"),
    }
    show(config, json=False)
    assert "id: [red]alice" in capsys.readouterr().out
    revoke(fingerprint(WIRE), ["serial: 5-7"], None, config, restore=True)
    assert capsys.readouterr().out == "Restored: 1.\n"


def test_which_ones_is_to_be_said(config: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        revoke(CA, [], None, config, restore=False)
    assert refused.value.code == Exit.USAGE
    (tmp_path / "krl").write_bytes(b"SSHKRL\n\0\xff\xfe")
    for name, said in (("krl", "no text"), ("missing", "No such file")):
        with pytest.raises(CommandError, match=said):
            revoke(CA, [], tmp_path / name, config, restore=False)
