"""Plans of moves: which subscriptions would be switched in which wave, and which are blocked and why. It only reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from sys import intern
from typing import Final

from gateway.domain.identity import Caller, Mode, Right, Transport
from gateway.domain.moves import Selection, Spec, Subscriber, Wave, sizes, starts
from gateway.domain.plans import Candidate, Plan, PlanFault, Planned, UnplannableError, digested
from gateway.domain.readiness import RECENT
from gateway.domain.referential import SubscriptionStatus
from gateway.services import readiness
from gateway.services.access import may
from gateway.services.office import Office
from gateway.services.ports import Transaction

_PAGE: Final = 5000
_OWNERS: Final = 200
_STATUSES: Final = {
    SubscriptionStatus.INACTIVE: "the subscription is not active",
    SubscriptionStatus.REFUSED: "the subscription was refused",
    SubscriptionStatus.SUSPENDED: "the subscription is suspended",
}

Credentials = Mapping[tuple[str, str | None], bool]
"""Who has a client of the API, for one process or (None) for all, and whether it was used lately."""
_UNTRIED: Final = f"nobody has used its {{}} within {RECENT.days} days: it is not switched unless that is tried before"
_UNTRIED_CLIENT: Final = _UNTRIED.format("API client")
_UNTRIED_ACCOUNT: Final = _UNTRIED.format("SFTP account")


async def plan(office: Office, caller: Caller, spec: Spec) -> Plan:
    """What the move would do now. Subscriptions with little in flight come first, so that a fault hurts few.

    For ADMIN with the right to plan. Raises ForbiddenError, and UnplannableError when the selection names what does not
    exist or matches nothing, or when the waves leave subscriptions out.
    """
    may(caller, Right.PLAN)
    now = office.clock()
    await _check_named(office, spec.select)
    credentials: Credentials = {}
    if spec.to is Mode.API:
        credentials = await office.store.read(lambda tx: tx.candidates.credentials(now - RECENT))
    logged_in = set[str]()
    if spec.to is Mode.SFTP and spec.transport is Transport.PULL:
        logged_in = await office.store.read(lambda tx: tx.candidates.logged_in(now - RECENT))
    doubtful = await office.store.read(lambda tx: tx.readiness.doubtful(now))
    moving, blocked, unchanged = list[Planned](), list[Planned](), 0
    async for page in _selected(office, spec, now):
        stands = await readiness.against(office, caller, spec, [one.id for one in page if one.id in doubtful])
        for one in page:
            if one.mode is spec.to and (one.mode is not Mode.SFTP or one.transport is spec.transport):
                unchanged += 1
                continue
            reason = against(one, spec, credentials) or stands.get(one.id)
            warning = untried(one, spec, credentials, logged_in) if reason is None else None
            (moving if reason is None else blocked).append(_planned(one, reason, warning))
    if not moving and not blocked:
        raise UnplannableError(_nothing(spec, unchanged))
    waves = _waves(spec, len(moving), now)
    return await asyncio.to_thread(_ordered, spec, caller.actor, now, waves, moving, blocked, unchanged)


def _ordered(
    spec: Spec, by: str, now: datetime, waves: list[Wave], moving: list[Planned], blocked: list[Planned], unchanged: int
) -> Plan:
    """The whole plan. Takes seconds for the largest, in which others are served."""
    for rows in (moving, blocked):
        rows.sort(key=lambda row: (row.in_flight, row.organization, row.process))
    return digested(spec, by, now, waves, moving + blocked, unchanged)


def against(one: Candidate, spec: Spec, credentials: Credentials) -> str | None:
    """Why a subscription cannot be switched as the move wants it, in words; None: nothing speaks against it."""
    if one.status is not SubscriptionStatus.ACTIVE:
        return _STATUSES[one.status]
    if one.elsewhere is not None:
        return f"another move has not done with it: {one.elsewhere}"
    if one.rehearses is not None:
        return f"a dual run is under way already: {one.rehearses} rehearses"
    if spec.to is Mode.PORTAIL:
        return "this gateway has no portal yet: nobody can be switched to it"
    known = (one.organization, None) in credentials or (one.organization, one.process) in credentials
    if spec.to is Mode.API and not known:
        return "no API client of the organization is enabled, has a secret, and is for this process"
    if spec.to is Mode.SFTP and spec.transport is Transport.PUSH and not one.pushes:
        return "no server is declared to push to"
    if spec.to is Mode.SFTP and spec.transport is Transport.PULL and not one.account:
        return "no SFTP account serves it that is enabled and has a password or key"
    return None


def untried(one: Candidate, spec: Spec, credentials: Credentials, logged_in: Container[str]) -> str | None:
    """What is told of a subscription whose credentials of the new door nobody has used lately; None: they were."""
    if spec.to is Mode.API:
        used = credentials.get((one.organization, None)) or credentials.get((one.organization, one.process))
        return None if used else _UNTRIED_CLIENT
    if spec.to is Mode.SFTP and spec.transport is Transport.PULL:
        return None if one.id in logged_in else _UNTRIED_ACCOUNT
    return None


async def _selected(office: Office, spec: Spec, now: datetime) -> AsyncIterator[list[Candidate]]:
    """The selected subscriptions; each page is read on its own, so that a large plan holds nobody up."""
    asked = replace(spec.select, listed=None)
    if spec.select.listed is not None:
        async for page in _listed(office, asked, spec.select.listed, spec.name, now):
            yield page
        return
    key = ("", "")
    while True:
        page = await office.store.read(partial(_following, asked, spec.name, key, now))
        yield page
        if len(page) < _PAGE:
            return
        key = page[-1].organization, page[-1].process


async def _listed(
    office: Office, asked: Selection, listed: Sequence[tuple[str, str]], move: str, now: datetime
) -> AsyncIterator[list[Candidate]]:
    wanted = set(listed)
    missing = set(wanted)
    owners = list(_batches(sorted({organization for organization, _ in listed})))
    for batch in owners:
        missing -= await office.store.read(partial(_known, batch))
    if missing:
        faults = (
            PlanFault(("select", "list", number), f"there is no subscription of {pair[0]} to {pair[1]}")
            for number, pair in enumerate(listed)
            if pair in missing
        )
        raise UnplannableError(*faults)
    for batch in owners:
        page = await office.store.read(partial(_of, asked, move, batch, now))
        yield [one for one in page if (one.organization, one.process) in wanted]


def _following(asked: Selection, move: str, key: tuple[str, str], now: datetime, tx: Transaction) -> list[Candidate]:
    return tx.candidates.after(asked, move, key, _PAGE, now)


def _known(owners: Sequence[str], tx: Transaction) -> set[tuple[str, str]]:
    return tx.candidates.known(owners)


def _of(asked: Selection, move: str, owners: Sequence[str], now: datetime, tx: Transaction) -> list[Candidate]:
    return tx.candidates.of(asked, move, owners, now)


def _batches(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _OWNERS):
        yield names[start : start + _OWNERS]


async def _check_named(office: Office, select: Selection) -> None:
    """Refuses names of what does not exist: a mistyped one would move somebody, or spare somebody, by accident."""
    codes = await office.store.read(lambda tx: {code for code in select.processes if tx.processes.get(code)})
    registers = sorted({one.company_register for one in (*select.subscribers, *select.exclude)})
    known: set[Subscriber] = set()
    for batch in _batches(registers):
        found = await office.store.read(partial(_registered, batch))
        known |= found | {Subscriber(one.company_register) for one in found}
    faults = [
        PlanFault(("select", "process", number), f"there is no process {code}")
        for number, code in enumerate(select.processes)
        if code not in codes
    ]
    faults += [
        PlanFault(("select", key, number), f"there is no organization {_named(one)}")
        for key, subscribers in (("organizations", select.subscribers), ("exclude", select.exclude))
        for number, one in enumerate(subscribers)
        if one not in known
    ]
    if faults:
        raise UnplannableError(*faults)


def _registered(registers: Sequence[str], tx: Transaction) -> set[Subscriber]:
    return tx.candidates.registered(registers)


def _named(one: Subscriber) -> str:
    return one.company_register + (f" with the branch code {one.branch_code}" if one.branch_code else "")


def _planned(one: Candidate, reason: str | None, warning: str | None) -> Planned:
    # One text for each name, however many subscriptions it has: a plan is held in memory whole.
    organization, process = intern(one.organization), intern(one.process)
    return Planned(one.id, organization, process, one.mode, one.transport, one.epoch, one.in_flight, reason, warning)


def _nothing(spec: Spec, unchanged: int) -> PlanFault:
    if unchanged:
        mode = f"{spec.to} ({spec.transport})" if spec.to is Mode.SFTP else spec.to
        return PlanFault(("to",), f"every selected subscription is in mode {mode} already: {unchanged}")
    return PlanFault(("select",), "matches no subscription")


def _waves(spec: Spec, moving: int, now: datetime) -> list[Wave]:
    try:
        counts = sizes(moving, spec.waves)
    except ValueError as error:
        raise UnplannableError(PlanFault(("waves",), str(error))) from None
    begins = starts(now, spec.waves, spec.window, spec.via)
    return [Wave(number, size, at) for number, (size, at) in enumerate(zip(counts, begins, strict=True), 1)]
