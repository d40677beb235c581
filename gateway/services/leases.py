"""Leases: of several processes that would run a job, one does."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.outgoing import Lease
from gateway.services.office import Office


async def hold(office: Office, job: str, holder: str, duration: timedelta) -> Lease | None:
    """Takes or prolongs the lease of a job; None while another holder has it."""
    now = office.clock()
    return await office.store.write(lambda tx: tx.leases.take(job, holder, now, now + duration))


async def release(office: Office, job: str, holder: str) -> None:
    """Gives a lease back before its time, so that another process need not wait for it."""
    await office.store.write(lambda tx: tx.leases.release(job, holder))
