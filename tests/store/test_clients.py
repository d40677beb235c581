"""API clients and their tokens."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.identity import Role
from gateway.domain.referential import ApiClient
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import CLIENT, DAY, HOUR, NOW, OSL

WHOLE = ApiClient("depot", OSL, Role.DATAPASS, None, ("one", "two"), enabled=False)
DIGEST = bytes(range(32))


async def test_it_comes_back_as_it_was_added(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.clients.add(WHOLE, NOW))
    assert await seeded.read(lambda tx: tx.clients.get("depot")) == WHOLE
    assert await seeded.read(lambda tx: tx.clients.get(CLIENT.client_id)) == CLIENT
    assert await seeded.read(lambda tx: tx.clients.get("Depot")) is None


async def test_a_change_writes_every_field(seeded: AnyStore) -> None:
    changed = replace(WHOLE, client_id=CLIENT.client_id)
    await seeded.write(lambda tx: tx.clients.change(changed, NOW + DAY))
    assert await seeded.read(lambda tx: tx.clients.get(CLIENT.client_id)) == changed


async def test_a_token_tells_its_client_and_its_role_until_it_ends(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.clients.issue(DIGEST, CLIENT.client_id, Role.ADMIN, NOW + HOUR))
    before = NOW + HOUR - (HOUR / 3_600_000)
    assert await seeded.read(lambda tx: tx.clients.bearer(DIGEST, before)) == (CLIENT, Role.ADMIN)
    assert await seeded.read(lambda tx: tx.clients.bearer(DIGEST, NOW + HOUR)) is None
    assert await seeded.read(lambda tx: tx.clients.bearer(DIGEST[::-1], NOW)) is None


async def test_revoking_ends_every_token_of_one_client(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.clients.add(WHOLE, NOW))

    def issue(tx: Transaction) -> None:
        for number, client in enumerate([CLIENT.client_id, CLIENT.client_id, "depot"]):
            tx.clients.issue(bytes([number]) * 32, client, Role.SI, NOW + HOUR)

    await seeded.write(issue)
    assert await seeded.write(lambda tx: tx.clients.revoke(CLIENT.client_id)) == 2
    assert await seeded.read(lambda tx: tx.clients.bearer(bytes([0]) * 32, NOW)) is None
    assert await seeded.read(lambda tx: tx.clients.bearer(bytes([2]) * 32, NOW)) is not None


async def test_tokens_that_are_over_are_forgotten(seeded: AnyStore) -> None:
    def issue(tx: Transaction) -> None:
        for number, ends in enumerate([NOW, NOW + HOUR]):
            tx.clients.issue(bytes([number]) * 32, CLIENT.client_id, Role.SI, ends)

    await seeded.write(issue)
    assert await seeded.write(lambda tx: tx.clients.forget_expired(NOW)) == 1
    assert await seeded.write(lambda tx: tx.clients.forget_expired(NOW)) == 0


async def test_one_token_is_ended_by_its_own_client(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.clients.add(WHOLE, NOW))
    await seeded.write(lambda tx: tx.clients.issue(DIGEST, "depot", Role.OSL, NOW + HOUR))
    assert not await seeded.write(lambda tx: tx.clients.revoke_one(DIGEST, CLIENT.client_id))
    assert await seeded.write(lambda tx: tx.clients.revoke_one(DIGEST, "depot"))
    assert not await seeded.write(lambda tx: tx.clients.revoke_one(DIGEST, "depot"))


async def test_clients_follow_each_other_by_their_ids(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.clients.add(WHOLE, NOW))
    found = await seeded.read(lambda tx: tx.clients.after("", 10))
    assert {one.client_id for one in found} >= {"depot", CLIENT.client_id}
    assert await seeded.read(lambda tx: tx.clients.after(found[0].client_id, 1)) == found[1:2]
    assert await seeded.read(lambda tx: tx.clients.after(found[-1].client_id, 1)) == []
    assert await seeded.write(lambda tx: tx.clients.hold("depot")) == WHOLE
