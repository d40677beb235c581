"""The figures that health and metrics show."""

from __future__ import annotations

from gateway.domain.figures import Snapshot
from gateway.services.office import Office
from gateway.services.ports import Transaction


async def snapshot(office: Office) -> Snapshot:
    """The figures now. Raises UnavailableError when the store is away."""
    return await office.store.read(lambda tx: tx.figures.snapshot())


def made_up(tx: Transaction, case_id: str | None) -> bool:
    """Whether a case is made up, so that nothing of it is counted; what is of no case is not."""
    found = tx.cases.get(case_id) if case_id else None
    return found is not None and found[1].synthetic


async def ready(office: Office) -> None:
    """Makes sure that a verb could be committed and bytes be kept now. Raises UnavailableError when not."""
    await office.store.write(lambda _: None)
    writer = await office.blobs.create()
    await writer.abort()
