"""Whether subscriptions may be switched to another door, for operators and planned moves (delivery rules, Switch)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Caller, Mode, Transport
from gateway.domain.readiness import Readiness, judge
from gateway.services.access import operators_alone
from gateway.services.office import Office
from gateway.services.ports import Transaction

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
) -> dict[str, Readiness]:
    """The same of many, by id, in pages; those that do not exist are left out. For ADMIN. Raises ForbiddenError.

    `move`: the name of the move on whose behalf it is asked.
    """
    operators_alone(caller)
    found: dict[str, Readiness] = {}
    for start in range(0, len(ids), PAGE):
        page = ids[start : start + PAGE]
        found |= await office.store.read(partial(judged, office, page, to, transport, move=move))
    return {identifier: found[identifier] for identifier in ids if identifier in found}


def judged(
    office: Office, ids: Sequence[str], to: Mode, transport: Transport, tx: Transaction, *, move: str | None = None
) -> dict[str, Readiness]:
    """The same within a transaction of the caller's, of at most PAGE."""
    now = office.clock()
    facts = tx.readiness.facts(ids, to, now, office.policy.zone, move)
    return {identifier: judge(one, to, transport, now) for identifier, one in facts.items()}
