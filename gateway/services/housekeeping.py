"""What doors keep for a while only: taken-in answers, records of repetitions, places, and bytes that nobody holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from gateway.domain.answers import AnswerState
from gateway.services import refusals
from gateway.services.authenticate import account_caller
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.take import refuse

BATCH: Final = 200
_ORPHANS_AFTER: Final = timedelta(days=1)
"""Far longer than any upload takes: bytes become a blob before a row says so."""


async def settle_answers(office: Office) -> int:
    """Moves answers to out/DONE after their grace time, and gives up uploads that never became whole."""
    now = office.clock()
    policy = office.policy
    past = await office.store.read(lambda tx: tx.answers.past_grace(now - policy.grace, BATCH))
    overdue = await office.store.read(
        lambda tx: tx.answers.unsettled(AnswerState.PARTIAL, now - policy.partial_after, BATCH)
    )

    def verb(tx: Transaction) -> int:
        done = sum(_move_to_done(tx, identifier) for identifier in past)
        return done + sum(_give_up(tx, office, identifier, now) for identifier in overdue)

    return await office.store.write(verb) if past or overdue else 0


async def forget(office: Office) -> int:
    """Drops tokens, grace times, uploads and penalties that ended, and what is past the retention; tells how many."""
    now = office.clock()
    before = now - office.policy.retention

    def verb(tx: Transaction) -> int:
        ended = tx.clients.forget_expired(now) + tx.deliveries.unlist(now) + tx.uploads.forget(now)
        ended += tx.penalties.forget(now) + tx.alerts.forget(before)
        return ended + tx.idempotency.forget(before) + tx.archives.forget_places(before) + tx.rates.forget(now)

    return await office.store.write(verb)


async def sweep_blobs(office: Office) -> int:
    """Deletes bytes that no row holds, left by a crash between their writing and their row; answers how many."""
    swept = 0
    async for key in office.blobs.keys_older_than(office.clock() - _ORPHANS_AFTER):
        if not await office.store.read(partial(_referenced, key)):
            await office.blobs.delete(key)
            swept += 1
    return swept


def _referenced(key: str, tx: Transaction) -> bool:
    return tx.archives.referenced(key)


def _move_to_done(tx: Transaction, answer_id: str) -> bool:
    answer = tx.answers.hold(answer_id)
    if answer is None or answer.directory:
        return False
    earlier = tx.answers.find(answer.account_id, answer.process, "DONE", answer.name)
    if earlier is not None and not answer.hidden:
        tx.answers.hide(earlier.id)
    tx.answers.move(answer.id, "DONE", answer.name)
    return True


def _give_up(tx: Transaction, office: Office, answer_id: str, now: datetime) -> bool:
    answer = tx.answers.hold(answer_id)
    if answer is None or answer.state is not AnswerState.PARTIAL:
        return False
    account = tx.accounts.get(answer.account_id)
    assert account is not None, "an answer refers to its account"
    refuse(tx, office, account_caller(account), answer, refusals.incomplete(), now)
    return True
