"""Periodic jobs: a table of (name, cadence, verb). APScheduler is only the clock; leases decide who runs a job."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Final
from uuid import uuid4

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from gateway.domain.alerts import AlertKind
from gateway.domain.outgoing import Lease
from gateway.services import leases
from gateway.services.alerts import raise_alert
from gateway.services.office import Office

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table. `leased`: one process at a time runs it; otherwise the verb claims its own work."""

    name: str
    every: timedelta
    verb: Callable[[], Awaitable[int]]
    leased: bool = True


class Scheduler:
    """Runs a table of jobs until it is drained."""

    def __init__(self, office: Office, jobs: tuple[Job, ...], lease: timedelta) -> None:
        self._office = office
        self._jobs = jobs
        self._lease = lease
        self._holder: Final = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._clock = AsyncIOScheduler(timezone=UTC)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._held: dict[str, Lease] = {}

    async def open(self) -> None:
        """Starts the clock. A job that still runs when it is due again is not started a second time."""
        for job in self._jobs:
            self._clock.add_job(
                self._start,
                "interval",
                args=(job,),
                seconds=job.every.total_seconds(),
                id=job.name,
                coalesce=True,
                misfire_grace_time=None,
            )
        self._clock.start()

    def retime(self, jobs: tuple[Job, ...]) -> None:
        """Runs the same jobs at another cadence from now on; what runs goes on, and leases stay held."""
        before = {job.name: job for job in self._jobs}
        self._jobs = jobs
        for job in jobs:
            if job.every != before[job.name].every:
                self._clock.modify_job(job.name, args=(job,))
                self._clock.reschedule_job(job.name, trigger="interval", seconds=job.every.total_seconds())

    async def drain(self, deadline: float) -> None:
        """Starts nothing more and waits up to `deadline` seconds for what runs; what is cut off can be run again."""
        if self._clock.running:
            self._clock.shutdown(wait=False)
        running = [task for task in self._running.values() if not task.done()]
        if running:
            _, late = await asyncio.wait(running, timeout=deadline)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for job in self._jobs:
            if self._held.pop(job.name, None) is not None:
                await leases.release(self._office, job.name, self._holder)

    async def run(self, job: Job) -> int | None:
        """Runs a job once, if its lease is free; None when another process holds it."""
        if not job.leased:
            return await job.verb()
        if not await self._hold(job):
            return None
        keeper = asyncio.create_task(self._keep(job))
        try:
            return await job.verb()
        finally:
            keeper.cancel()

    async def _hold(self, job: Job) -> bool:
        """Whether this process may run the job now. A lease that still has half its time is not written again."""
        held = self._held.get(job.name)
        if held is not None and held.until - self._office.clock() > self._lease / 2:
            return True
        lease = await leases.hold(self._office, job.name, self._holder, self._lease)
        if lease is None:
            self._held.pop(job.name, None)
            return False
        self._held[job.name] = lease
        return True

    async def _start(self, job: Job) -> None:
        before = self._running.get(job.name)
        if before is None or before.done():
            self._running[job.name] = asyncio.create_task(self._run_logged(job))

    async def _run_logged(self, job: Job) -> None:
        try:
            done = await self.run(job)
        except Exception:
            log.exception("job failed", job=job.name)
            self._office.meter.count("errors_total", door="SCHEDULER")
            await self._tell(job)
        else:
            if done:
                log.info("job done", job=job.name, count=done)

    async def _tell(self, job: Job) -> None:
        """Alerts the people who run the gateway. Where the store itself is away, who sends alerts finds out."""
        with suppress(Exception):
            await raise_alert(self._office, AlertKind.JOB_FAILING, job.name, about=job.name)

    async def _keep(self, job: Job) -> None:
        """Prolongs the lease while the job runs; if that fails, verbs are still guarded by states and fences."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            await self._hold(job)
