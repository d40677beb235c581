"""The table of jobs: run when due, one at a time, by one process at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.alerts import AlertChannel
from gateway.domain.outgoing import Lease, OutgoingState
from gateway.scheduler.jobs import Job, Scheduler
from gateway.services import leases
from gateway.services.office import Office
from tests.journeys.offices import Clock, Tally

LEASE = timedelta(seconds=30)
SOON = timedelta(milliseconds=10)
HOUR = timedelta(hours=1)
DEADLINE = 20.0


@dataclass
class Work:
    """A verb that can be held up, and watched."""

    free: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    ended: int = 0
    most_at_once: int = 0
    fails: bool = False
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def verb(self) -> int:
        async with self._came:
            self.begun += 1
            self.most_at_once = max(self.most_at_once, self.begun - self.ended)
            self._came.notify_all()
        try:
            await self.free.wait()
            if self.fails:
                raise RuntimeError("on purpose")
            return 1
        finally:
            self.ended += 1

    async def came(self, count: int) -> None:
        async with asyncio.timeout(DEADLINE), self._came:
            await self._came.wait_for(lambda: self.begun >= count)


def scheduler(office: Office, *jobs: Job) -> Scheduler:
    return Scheduler(office, jobs, LEASE)


async def test_another_cadence_counts_from_now_on(office: Office) -> None:
    work, other = free_work(), free_work()
    row, kept = Job("work", HOUR, work.verb), Job("other", HOUR, other.verb)
    clock = scheduler(office, row, kept)
    await clock.open()
    try:
        clock.retime((Job("work", SOON, work.verb), kept))
        await work.came(2)
        assert other.begun == 0
    finally:
        await clock.drain(DEADLINE)


def free_work() -> Work:
    work = Work()
    work.free.set()
    return work


async def test_a_job_runs_again_and_again(office: Office) -> None:
    work = free_work()
    running = scheduler(office, Job("work", SOON, work.verb))
    await running.open()
    await work.came(3)
    await running.drain(DEADLINE)
    assert work.begun == work.ended
    assert work.most_at_once == 1


async def test_a_job_that_still_runs_is_not_started_a_second_time(office: Office) -> None:
    slow, quick = Work(), free_work()
    running = scheduler(office, Job("slow", SOON, slow.verb), Job("quick", SOON, quick.verb))
    await running.open()
    await slow.came(1)
    await quick.came(5)
    assert slow.begun == 1
    slow.free.set()
    await slow.came(2)
    await running.drain(DEADLINE)
    assert slow.most_at_once == 1


async def test_a_job_that_fails_is_logged_counted_and_run_again(office: Office) -> None:
    work = free_work()
    work.fails = True
    running = scheduler(office, Job("work", SOON, work.verb))
    with capture_logs() as lines:
        await running.open()
        await work.came(3)
        await running.drain(DEADLINE)
    failed = [line for line in lines if line["event"] == "job failed"]
    assert len(failed) == work.begun
    assert {line["job"] for line in failed} == {"work"}
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["errors_total"] == work.begun


async def test_who_runs_the_gateway_is_told_of_a_job_that_fails_and_not_at_each_run(office: Office) -> None:
    told = replace(office, policy=replace(office.policy, alert_channels=(AlertChannel.EMAIL,)))
    work = free_work()
    work.fails = True
    running = scheduler(told, Job("work", SOON, work.verb))
    with capture_logs():
        await running.open()
        await work.came(3)
        await running.drain(DEADLINE)
    (alert,) = await office.store.read(lambda tx: tx.alerts.in_state(OutgoingState.PENDING, 10))
    assert (alert.kind, alert.about) == ("job.failing", "work")


async def test_of_two_processes_one_runs_a_leased_job(office: Office) -> None:
    work = free_work()
    job = Job("work", HOUR, work.verb)
    one, two = scheduler(office, job), scheduler(office, job)
    assert [await one.run(job), await two.run(job), await one.run(job)] == [1, None, 1]


async def test_a_job_without_lease_runs_everywhere(office: Office) -> None:
    work = free_work()
    job = Job("work", HOUR, work.verb, leased=False)
    one, two = scheduler(office, job), scheduler(office, job)
    assert [await one.run(job), await two.run(job)] == [1, 1]


async def test_the_lease_of_a_process_that_died_is_taken_over_when_it_ends(office: Office, clock: Clock) -> None:
    work = free_work()
    job = Job("work", HOUR, work.verb)
    died, lives = scheduler(office, job), scheduler(office, job)
    assert await died.run(job) == 1
    clock.pass_by(LEASE - timedelta(milliseconds=1))
    assert await lives.run(job) is None
    clock.pass_by(timedelta(milliseconds=1))
    assert await lives.run(job) == 1
    assert await died.run(job) is None


async def test_a_lease_is_prolonged_before_it_ends(office: Office, clock: Clock) -> None:
    work = free_work()
    job = Job("work", HOUR, work.verb)
    one, two = scheduler(office, job), scheduler(office, job)
    for _ in range(5):
        assert await one.run(job) == 1
        clock.pass_by(LEASE * 0.6)
        assert await two.run(job) is None


async def test_who_lost_its_lease_while_it_was_away_does_not_run(office: Office, clock: Clock) -> None:
    """The lease is remembered, so that it is not written at every run; the memory ends with the lease."""
    work = free_work()
    job = Job("work", HOUR, work.verb)
    away, present = scheduler(office, job), scheduler(office, job)
    await away.run(job)
    clock.pass_by(LEASE)
    await present.run(job)
    assert await away.run(job) is None


async def test_draining_starts_nothing_more_and_waits_for_what_runs(office: Office) -> None:
    work = Work()
    job = Job("work", SOON, work.verb)
    running = scheduler(office, job)
    await running.open()
    await work.came(1)
    draining = asyncio.create_task(running.drain(DEADLINE))
    other = scheduler(office, job)
    assert await other.run(job) is None  # the lease is kept while it runs
    assert not draining.done()
    work.free.set()
    await draining
    assert (work.begun, work.ended) == (1, 1)
    assert await other.run(job) == 1  # and given back


async def test_what_is_late_at_the_deadline_is_cut_off(office: Office) -> None:
    work = Work()
    running = scheduler(office, Job("work", SOON, work.verb))
    await running.open()
    await work.came(1)
    await running.drain(0)
    assert (work.begun, work.ended) == (1, 1)
    await running.drain(0)  # a second time is harmless


async def test_a_scheduler_that_was_never_opened_can_be_drained(office: Office) -> None:
    await scheduler(office, Job("work", SOON, Work().verb)).drain(0)


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_job_that_outlasts_its_lease_keeps_it(
    office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, prolonged = Work(), asyncio.Event()
    job = Job("work", HOUR, work.verb)
    short = timedelta(seconds=0.3)
    one, two = Scheduler(office, (job,), short), Scheduler(office, (job,), short)
    hold = leases.hold

    async def watched(*arguments: Any) -> Lease | None:
        lease = await hold(*arguments)
        prolonged.set()
        return lease

    running = asyncio.create_task(one.run(job))
    await work.came(1)
    for _ in range(4):
        clock.pass_by(short * 0.6)
        with monkeypatch.context() as watching:
            watching.setattr(leases, "hold", watched)
            async with asyncio.timeout(DEADLINE):
                await prolonged.wait()
        prolonged.clear()
        assert await two.run(job) is None
    work.free.set()
    assert await running == 1
