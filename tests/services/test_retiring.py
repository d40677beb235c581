"""Old secrets and keys end when the new ones were used, or when somebody says that it does not matter."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from gateway.domain.authorized_keys import parse
from gateway.domain.errors import UnauthorizedError
from gateway.domain.identity import Door, Role
from gateway.domain.referential import ApiClient
from gateway.domain.sightings import Sighting, mark_of
from gateway.services import retiring, rotating
from gateway.services.authenticate import grant_token
from gateway.services.bulk import Outcome, RefusedRowsError, RowFault
from gateway.services.rotating import Rotated, Rotation
from tests.services.people import BREST, DAY, OPERATOR
from tests.services.test_rotating import NEW, OLD, key
from tests.services.town import Town

CLIENT, ACCOUNT = Rotation(client_id="brest-ec"), Rotation(username="vannes", public_key=NEW)
OTHER = key(3)


@pytest.fixture
async def secret(town: Town) -> str:
    """The new secret of a client that has another, "first"; beside an account with a key beside its old one."""
    client = ApiClient("brest-ec", BREST, Role.SI, "EtatCivil", ("hash of first",))
    await town.store.write(lambda tx: tx.clients.add(client, town.clock()))
    await town.change_account("vannes", public_keys=(OLD,))
    made, _ = await rotating.rotate(town.office, OPERATOR, [CLIENT, ACCOUNT])
    assert made.secret is not None
    return made.secret


async def comes_in(town: Town, secret: str) -> None:
    await grant_token(town.office, "brest-ec", secret, "SI")


async def logs_in(town: Town, line: str) -> None:
    mark = mark_of(base64.b64decode(parse(line).key.split()[1]))
    seen = Sighting(Door.SFTP, "vannes", town.clock(), mark=mark)
    await town.store.write(lambda tx: tx.sightings.note(seen))


async def retired(town: Town, *rows: Rotation, dry_run: bool = False, unused_too: bool = False) -> list[Rotated]:
    return await retiring.retire(town.office, OPERATOR, rows, unused_too=unused_too, dry_run=dry_run)


async def secrets(town: Town) -> tuple[str, ...]:
    client = await town.store.read(lambda tx: tx.clients.get("brest-ec"))
    assert client is not None
    return client.secret_hashes


@pytest.mark.parametrize("dry_run", [False, True], ids=["done", "dry"])
async def test_whoever_has_not_changed_over_keeps_everybodys_old_ones(
    town: Town, secret: str, *, dry_run: bool
) -> None:
    await comes_in(town, "first")
    await logs_in(town, OLD)
    with pytest.raises(RefusedRowsError) as caught:
        await retired(town, ACCOUNT, CLIENT, dry_run=dry_run)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(0, "public_key"), (1, "client_id")]
    assert "let the subscriber change over" in caught.value.faults[0].message
    await logs_in(town, NEW)
    with pytest.raises(RefusedRowsError) as caught:
        await retired(town, ACCOUNT, CLIENT, dry_run=dry_run)
    assert [fault.row for fault in caught.value.faults] == [1]
    assert len(await secrets(town)) == 2
    assert secret


async def test_what_was_changed_over_ends_with_a_word_on_both(town: Town, secret: str) -> None:
    await comes_in(town, "first")
    await logs_in(town, OLD)
    town.clock.pass_by(DAY)
    await comes_in(town, secret)
    await logs_in(town, NEW)
    before, after = (town.clock() - DAY).strftime("%Y-%m-%d %H:%M"), town.clock().strftime("%Y-%m-%d %H:%M")
    said = f"; last used {before} UTC; the new one was last used {after} UTC"
    done = await retired(town, CLIENT, ACCOUNT)
    assert [one.outcome for one in done] == [Outcome.CHANGED, Outcome.CHANGED]
    assert [one.what for one in done] == [f"its older secret ends{said}", f"1 older key end{said}"]
    with pytest.raises(UnauthorizedError):
        await comes_in(town, "first")
    again = await retired(town, CLIENT, ACCOUNT)
    assert {one.outcome for one in again} == {Outcome.UNCHANGED}
    for door, name in ((Door.API, "brest-ec"), (Door.SFTP, "vannes")):
        assert len(await town.store.read(lambda tx, at=door, of=name: tx.sightings.uses(at, of))) == 1  # type: ignore[misc]  # a lambda has no types


async def test_by_force_they_end_all_the_same(town: Town, secret: str) -> None:
    (shown,) = await retired(town, CLIENT, dry_run=True, unused_too=True)
    assert shown.what == "its older secret ends; the new one was never used"
    assert len(await secrets(town)) == 2
    await retired(town, CLIENT, unused_too=True)
    assert await secrets(town) == (f"hash of {secret}",)


async def test_a_use_is_kept_once_an_hour_for_each_secret(town: Town, secret: str) -> None:
    start = town.clock()
    await comes_in(town, "first")
    town.clock.pass_by(timedelta(minutes=1))
    await comes_in(town, secret)
    town.clock.pass_by(timedelta(minutes=1))
    await comes_in(town, "first")
    uses = await town.store.read(lambda tx: tx.sightings.uses(Door.API, "brest-ec"))
    assert uses == {mark_of("hash of first"): start, mark_of(f"hash of {secret}"): start + timedelta(minutes=1)}
    town.clock.pass_by(timedelta(hours=1))
    await comes_in(town, "first")
    uses = await town.store.read(lambda tx: tx.sightings.uses(Door.API, "brest-ec"))
    assert uses[mark_of("hash of first")] == town.clock()


async def test_a_key_that_the_account_does_not_have_is_its_only_fault(town: Town, secret: str) -> None:
    assert secret
    with pytest.raises(RefusedRowsError) as caught:
        await retired(town, Rotation(username="vannes", public_key=OTHER))
    assert caught.value.faults == (RowFault(0, "public_key", "the account does not have this key: rotate it first"),)
