"""Whether subscriptions may be switched to another door, for operators and planned moves (delivery rules, Switch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Caller, Mode, Transport
from gateway.domain.moves import Spec
from gateway.domain.readiness import Facts, Readiness, judge
from gateway.domain.rehearsals import Likeness
from gateway.services.access import operators_alone
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.rehearsals import comparison

PAGE: Final = 500
"""So many subscriptions are looked up at a time."""


async def readiness(
    office: Office, caller: Caller, subscription_id: str, to: Mode, transport: Transport = Transport.PULL
) -> Readiness:
    """What speaks for and against switching one subscription. For ADMIN. Raises ForbiddenError, NotFoundError."""
    found = await readiness_of(office, caller, (subscription_id,), to, transport)
    if not found:
        raise NotFoundError("Subscription")
    return found[subscription_id]


async def readiness_of(
    office: Office,
    caller: Caller,
    ids: Sequence[str],
    to: Mode,
    transport: Transport = Transport.PULL,
    *,
    move: str | None = None,
    whole: bool = True,
) -> dict[str, Readiness]:
    """The same of many, by id, in pages; those that do not exist are left out. For ADMIN. Raises ForbiddenError.

    `move`: the name of the move on whose behalf it is asked. Not `whole`: what only informs of cases is not looked up,
    which costs most of the time.
    """
    operators_alone(caller)
    found: dict[str, Readiness] = {}
    for start in range(0, len(ids), PAGE):
        page = ids[start : start + PAGE]
        found |= await office.store.read(partial(_judged, office, page, to, transport, move, whole=whole))
    return {identifier: found[identifier] for identifier in ids if identifier in found}


async def against(office: Office, caller: Caller, spec: Spec, ids: Sequence[str]) -> dict[str, str]:
    """What stands against planning these subscriptions in a move, by id; those of which nothing does are left out."""
    found = await readiness_of(office, caller, ids, spec.to, spec.transport, move=spec.name, whole=False)
    return {identifier: one.against_planning for identifier, one in found.items() if one.against_planning}


def _judged(
    office: Office,
    ids: Sequence[str],
    to: Mode,
    transport: Transport,
    move: str | None,
    tx: Transaction,
    *,
    whole: bool,
) -> dict[str, Readiness]:
    now = office.clock()
    facts = tx.readiness.facts(ids, to, now, office.policy.zone, move, whole=whole)
    return {identifier: judge(_compared(tx, one), to, transport, now) for identifier, one in facts.items()}


def _compared(tx: Transaction, facts: Facts) -> Facts:
    """With what the latest dual run showed, if it was under the present epoch."""
    run = facts.last_run
    if run is None or run.epoch != facts.subscription.epoch:
        return facts
    kept = tx.rehearsals.get(run.rehearsal_id)
    assert kept is not None, "dual runs stay"
    found = comparison(tx, kept)
    equal, different, pending = map(found.of, (Likeness.EQUAL, Likeness.DIFFERENT, Likeness.PENDING))
    example = f"{different[0].archive}: {different[0].differences[0]}" if different else None
    counts = replace(run, equal=len(equal), different=len(different), pending=len(pending), example=example)
    return replace(facts, last_run=counts)
