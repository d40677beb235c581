"""SFTP accounts and the subscriptions they serve, many to many."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Mode
from gateway.domain.ids import new_id
from gateway.domain.referential import SftpAccount, Subscription
from tests.databases import AnyStore
from tests.store.rows import ACCOUNT, BREST_API, DAY, NOW, RENNES, RENNES_SFTP

WHOLE = SftpAccount(
    id=new_id(),
    organization=RENNES,
    username="operator",
    password_hash="$argon2id$",
    public_keys=("ssh-ed25519 AAAA", "ssh-rsa BBBB"),
    flat=True,
    acknowledge_on=frozenset({Gesture.READ, Gesture.RENAME}),
    allow_unread=True,
    networks=("192.0.2.0/24",),
    legacy_algorithms_until=date(2027, 6, 30),
    authorities=("ssh-ed25519 CCCC",),
    password_until=date(2027, 7, 1),
    imported_hash="a" * 64,
    enabled=False,
    version=3,
)


async def test_it_comes_back_as_it_was_added(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.accounts.add(WHOLE, NOW))
    assert await seeded.read(lambda tx: tx.accounts.by_username("operator")) == WHOLE
    assert await seeded.read(lambda tx: tx.accounts.by_username("Operator")) is None


async def test_a_change_writes_every_field_but_the_name(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.accounts.change(replace(WHOLE, id=ACCOUNT.id), NOW + DAY))
    found = await seeded.read(lambda tx: tx.accounts.by_username(ACCOUNT.username))
    assert found == replace(WHOLE, id=ACCOUNT.id, username=ACCOUNT.username, processes=("EtatCivil",))


async def test_a_hash_is_made_anew_and_nothing_else(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.accounts.add(replace(WHOLE, password_hash="before"), NOW))
    assert not await seeded.write(lambda tx: tx.accounts.rehash(WHOLE.id, "another", "after"))
    assert await seeded.write(lambda tx: tx.accounts.rehash(WHOLE.id, "before", "after"))
    found = await seeded.read(lambda tx: tx.accounts.get(WHOLE.id))
    assert found == replace(WHOLE, password_hash="after")


async def test_only_enabled_accounts_with_an_end_are_expiring(seeded: AnyStore) -> None:
    until, key = date(2026, 7, 1), 'expiry-time="20260701" ssh-ed25519 AAAA'
    rows = {
        "a-password": {"password_until": until},
        "a-key": {"public_keys": (key,)},
        "an-authority": {"authorities": (key,)},
        "nothing": {"public_keys": ("ssh-ed25519 AAAA",)},
        "disabled": {"password_until": until, "enabled": False},
    }
    for name, values in rows.items():
        account = replace(ACCOUNT, id=new_id(), username=name, **values)  # type: ignore[arg-type]  # fields of it
        await seeded.write(lambda tx, account=account: tx.accounts.add(account, NOW))  # type: ignore[misc]  # bound at once
    found = await seeded.read(lambda tx: tx.accounts.expiring())
    assert [one.username for one in found] == ["a-key", "a-password", "an-authority"]


async def test_it_serves_just_the_subscriptions_given_last(seeded: AnyStore) -> None:
    certdc = Subscription(new_id(), RENNES, "CERTDC", access_mode=Mode.SFTP)
    await seeded.write(lambda tx: tx.subscriptions.add(certdc, NOW))
    await seeded.write(lambda tx: tx.accounts.serve(ACCOUNT.id, {certdc.id, BREST_API.id}))
    assert await seeded.read(lambda tx: tx.accounts.subscriptions(ACCOUNT.id)) == {certdc.id, BREST_API.id}
    assert await seeded.read(lambda tx: tx.accounts.serves(ACCOUNT.id, certdc.id))
    assert not await seeded.read(lambda tx: tx.accounts.serves(ACCOUNT.id, RENNES_SFTP.id))
    account = await seeded.read(lambda tx: tx.accounts.by_username(ACCOUNT.username))
    assert account is not None
    assert account.processes == ("CERTDC", "EtatCivil")


async def test_forty_communes_of_one_process_are_one_directory(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.accounts.serve(ACCOUNT.id, {RENNES_SFTP.id, BREST_API.id}))
    account = await seeded.read(lambda tx: tx.accounts.by_username(ACCOUNT.username))
    assert account is not None
    assert account.processes == ("EtatCivil",)
