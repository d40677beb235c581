from __future__ import annotations

import pytest

from gateway.domain.revocations import Presented, Revocation, entries
from tests.databases import AnyStore
from tests.store.rows import NOW

CA, OTHER, KEY = ("SHA256:" + letter * 43 for letter in "aAk")
LAST = (1 << 64) - 1


async def revoke(store: AnyStore, *lines: str, authority: str = CA) -> int:
    found = list(entries(authority, "\n".join(lines)))
    return await store.write(lambda tx: tx.revocations.add(found, NOW))


async def fits(store: AnyStore, serial: int = 0, identifier: str = "", key: str = "", authority: str = CA) -> bool:
    return await store.read(lambda tx: tx.revocations.fits(Presented(authority, serial, identifier, key)))


async def test_serials_are_numbers(store: AnyStore) -> None:
    await revoke(store, "serial: 9-11", f"serial: {LAST}")
    found = [serial for serial in (0, 8, 9, 10, 11, 12, 100, LAST - 1, LAST) if await fits(store, serial)]
    assert found == [9, 10, 11, LAST]
    assert not await fits(store, 10, authority=OTHER)


@pytest.mark.parametrize("name", ["alice", "Élise", "00000000000000000007", KEY])
async def test_ids_are_compared_as_they_are(store: AnyStore, name: str) -> None:
    await revoke(store, f"id: {name}")
    assert await fits(store, identifier=name)
    assert not await fits(store, 7, identifier=name + "x", key=name)
    assert not await fits(store, identifier=name.upper() if name.islower() else name.lower() + " ")


async def test_keys_are(store: AnyStore) -> None:
    await revoke(store, f"hash: {KEY}")
    assert await fits(store, 1, "alice", KEY)
    assert not await fits(store, 1, KEY, OTHER)


async def test_what_is_there_is_added_once_and_lifted_once(store: AnyStore) -> None:
    assert await revoke(store, "serial: 1", "id: a", "serial: 1") == 2
    assert await revoke(store, "serial: 1", "id: b") == 1
    assert await revoke(store, "serial: 1", authority=OTHER) == 1
    found = await store.read(lambda tx: tx.revocations.all())
    assert len(found) == len(set(found)) == 4
    one: Revocation = next(entries(CA, "serial: 1"))
    assert await store.write(lambda tx: tx.revocations.lift([one, one])) == 1
    assert not await fits(store, 1)
    assert await fits(store, 1, authority=OTHER)
