from __future__ import annotations

from gateway.domain.pushing import Breaker
from tests.databases import AnyStore
from tests.store.rows import BREST_API, HOUR, NOW, RENNES_SFTP


async def test_a_breaker_is_kept_until_its_server_answers(seeded: AnyStore) -> None:
    assert await seeded.read(lambda tx: tx.breakers.get(RENNES_SFTP.id)) == Breaker()
    first, second = Breaker(1, NOW, "refused"), Breaker(2, NOW + HOUR, "timed out")
    await seeded.write(lambda tx: tx.breakers.put(RENNES_SFTP.id, first))
    await seeded.write(lambda tx: tx.breakers.put(RENNES_SFTP.id, second))
    assert await seeded.read(lambda tx: tx.breakers.get(RENNES_SFTP.id)) == second
    assert await seeded.read(lambda tx: tx.breakers.get(BREST_API.id)) == Breaker()
    assert (await seeded.read(lambda tx: tx.figures.snapshot())).failing_servers == 1
    assert await seeded.write(lambda tx: tx.breakers.drop(RENNES_SFTP.id))
    assert not await seeded.write(lambda tx: tx.breakers.drop(RENNES_SFTP.id))
    assert (await seeded.read(lambda tx: tx.figures.snapshot())).failing_servers == 0
