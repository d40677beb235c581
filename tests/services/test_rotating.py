"""Next credentials for many at once, and the end of their old ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.domain.authorized_keys import parse
from gateway.domain.errors import ForbiddenError
from gateway.domain.identity import Role
from gateway.domain.referential import ApiClient, SftpAccount
from gateway.services import retiring, rotating
from gateway.services.bulk import Outcome, RefusedRowsError, RowFault
from gateway.services.credentials import Settled, settle
from gateway.services.rotating import Rotated, Rotation
from tests.services.people import BREST, DEPOSITOR, OPERATOR
from tests.services.town import Town


def key(seed: int, comment: str = "") -> str:
    public = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32).public_key()
    return f"{public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}".strip()


OLD, NEW = key(1, "old"), key(2, "new")
ROWS = [Rotation(client_id="brest-ec"), Rotation(username="rennes"), Rotation(username="vannes", public_key=NEW)]


@pytest.fixture
async def town(town: Town) -> Town:
    client = ApiClient("brest-ec", BREST, Role.SI, "EtatCivil", ("hash of first",))
    await town.store.write(lambda tx: tx.clients.add(client, town.clock()))
    await town.change_account("rennes", password_hash="hash of first", imported_hash="x")
    await town.change_account("vannes", public_keys=(OLD,))
    return town


async def client(town: Town) -> ApiClient:
    found = await town.store.read(lambda tx: tx.clients.get("brest-ec"))
    assert found is not None
    return found


async def account(town: Town, name: str) -> SftpAccount:
    found = await town.store.read(lambda tx: tx.accounts.by_username(name))
    assert found is not None
    return found


async def test_old_credentials_work_beside_the_new_ones_until_they_are_retired(town: Town) -> None:
    kept: list[Rotated] = []
    done = await rotating.rotate(town.office, OPERATOR, ROWS, keep=kept.extend)
    assert done == kept
    secret, password, none = (one.secret for one in done)
    assert secret
    assert password
    assert none is None
    assert (await client(town)).secret_hashes == ("hash of first", f"hash of {secret}")
    rennes = await account(town, "rennes")
    assert (rennes.password_hash, rennes.imported_hash, rennes.version) == (f"hash of {password}", None, 2)
    assert (await account(town, "vannes")).public_keys == (OLD, NEW)
    assert secret not in repr(done)
    assert password not in repr(done)
    retired = await retiring.retire(town.office, OPERATOR, ROWS, unused_too=True)
    assert [one.outcome for one in retired] == [Outcome.CHANGED, Outcome.UNCHANGED, Outcome.CHANGED]
    assert (await client(town)).secret_hashes == (f"hash of {secret}",)
    assert (await account(town, "vannes")).public_keys == (NEW,)
    again = await retiring.retire(town.office, OPERATOR, ROWS, unused_too=True)
    assert {one.outcome for one in again} == {Outcome.UNCHANGED}
    assert len(await town.lines("credential.added")) == 3
    lines = await town.lines("credential.ended")
    assert [line.detail.get("client") or line.detail["account"] for line in lines] == ["brest-ec", "vannes"]


async def test_older_keys_can_end_by_themselves(town: Town) -> None:
    when = town.clock() + timedelta(days=30)
    rows = ROWS[2:]
    await rotating.rotate(town.office, OPERATOR, rows, retire_at=when)
    old, new = map(parse, (await account(town, "vannes")).public_keys)
    assert old.expires_at == when.replace(microsecond=0)
    assert (old.key, new.expires_at) == (OLD, None)
    version = (await account(town, "vannes")).version
    (again,) = await rotating.rotate(town.office, OPERATOR, rows, retire_at=when)
    assert again.outcome is Outcome.UNCHANGED
    assert (await account(town, "vannes")).version == version
    assert len(await town.lines("credential.added")) == 1


async def test_everything_that_is_wrong_is_told_and_nothing_is_changed(town: Town) -> None:
    await rotating.rotate(town.office, OPERATOR, ROWS[:1])
    rows = [
        *(Rotation(client_id="brest-ec"), Rotation(client_id="nobody"), Rotation(username="nobody")),
        *(Rotation(username="vannes"), Rotation(username="shared", public_key="ssh-ed25519 AAAA"), ROWS[1], ROWS[1]),
    ]
    with pytest.raises(RefusedRowsError) as refused:
        await rotating.rotate(town.office, OPERATOR, rows)
    faults = refused.value.faults
    assert [(fault.row, fault.column) for fault in faults] == [
        *((0, "client_id"), (1, "client_id"), (2, "username"), (3, "public_key"), (4, "public_key"), (6, "")),
    ]
    assert faults[3] == RowFault(3, "public_key", "logs in by key alone: give its next one")
    assert (await account(town, "rennes")).password_hash == "hash of first"


async def test_a_key_that_was_never_given_is_not_made_the_only_one(town: Town) -> None:
    with pytest.raises(RefusedRowsError) as refused:
        await retiring.retire(town.office, OPERATOR, ROWS, unused_too=True)
    assert refused.value.faults == (RowFault(2, "public_key", "the account does not have this key: rotate it first"),)
    assert (await account(town, "vannes")).public_keys == (OLD,)


async def test_what_changed_while_secrets_were_made_is_not_overwritten(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*wanted: Any, **how: Any) -> dict[str, Settled]:
        settled = await settle(*wanted, **how)
        await town.change_account("rennes", password_hash="hash of other", version=2)
        return settled

    monkeypatch.setattr("gateway.services.rotating.settle", slow)
    with pytest.raises(RefusedRowsError) as refused:
        await rotating.rotate(town.office, OPERATOR, ROWS)
    assert refused.value.faults == (RowFault(1, "username", "was changed by somebody else meanwhile"),)
    assert (await client(town)).secret_hashes == ("hash of first",)


async def test_a_dry_run_makes_no_secret_and_changes_nothing(town: Town) -> None:
    kept: list[Rotated] = []
    done = await rotating.rotate(town.office, OPERATOR, ROWS, keep=kept.extend, dry_run=True)
    assert ([one.secret for one in done], kept) == ([None] * 3, [])
    assert (await client(town)).secret_hashes == ("hash of first",)
    assert await town.lines("credential.added") == []


async def test_it_is_for_operators(town: Town) -> None:
    for verb in (rotating.rotate, retiring.retire):
        with pytest.raises(ForbiddenError):
            await verb(town.office, DEPOSITOR, ROWS)
