"""The figures that health and metrics show."""

from __future__ import annotations

from gateway.domain.figures import Snapshot
from gateway.services.office import Office


async def snapshot(office: Office) -> Snapshot:
    """The figures now. Raises UnavailableError when the store is away."""
    return await office.store.read(lambda tx: tx.figures.snapshot())


async def ready(office: Office) -> None:
    """Makes sure that a verb could be committed and bytes be kept now. Raises UnavailableError when not."""
    await office.store.write(lambda _: None)
    writer = await office.blobs.create()
    await writer.abort()
