"""What operators see and do of pushing."""

from __future__ import annotations

from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry
from gateway.domain.pushing import PushState
from gateway.services.access import operators_alone
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.push_keys import public_key


async def own_key(office: Office, caller: Caller) -> str:
    """The line that subscribers authorise so that the gateway may log in. For operators; raises ForbiddenError."""
    operators_alone(caller)
    return public_key(office)


async def states(office: Office, caller: Caller) -> list[PushState]:
    """How pushing stands, subscriber by subscriber. For operators; raises ForbiddenError."""
    operators_alone(caller)
    return await office.store.read(lambda tx: tx.pushes.states())


async def retry(office: Office, caller: Caller, organization: str, process: str) -> int:
    """Tries a subscriber's server again now, with everything that waits or was given up; answers how many archives.

    For operators. Raises ForbiddenError; NotFoundError when nothing is pushed to that subscription.
    """
    operators_alone(caller)
    now = office.clock()

    def verb(tx: Transaction) -> int:
        subscription = tx.subscriptions.find(organization, process)
        if subscription is None or subscription.push is None:
            raise NotFoundError("Pushed subscription")
        tx.breakers.drop(subscription.id)
        again = tx.pushes.retry(subscription.id, now)
        tx.journal.write(
            Entry.OUTGOING_REPLAYED, caller, now, subscription_id=subscription.id, detail={"pushes": again}
        )
        return again

    return await office.store.write(verb)
