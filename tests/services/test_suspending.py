"""Suspending and resuming: all or none, again without effect, and what becomes of an inbox meanwhile."""

from __future__ import annotations

import json

import pytest

from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.referential import SubscriptionStatus
from gateway.services import expire, suspending
from gateway.services.bulk import Outcome, RefusedRowsError, RowFault
from gateway.services.inbox import notifications
from gateway.services.suspending import Named
from tests.services.people import BREST, BREST_API, DAY, DEPOSITOR, OPERATOR, RENNES, VANNES
from tests.services.town import Town

ROWS = [Named(RENNES, "EtatCivil"), Named(BREST, "EtatCivil")]
NOBODY = "SI-99999999999999-99999"


async def status(town: Town, organization: str, process: str = "EtatCivil") -> SubscriptionStatus:
    found = await town.store.read(lambda tx: tx.subscriptions.find(organization, process))
    assert found is not None
    return found.status


async def test_what_is_suspended_is_shown_nowhere_and_comes_back_whole(town: Town) -> None:
    await town.deposit("A-1", (RENNES,))
    await town.deposit("A-2", (BREST,))
    (name,) = await town.listing()
    opened = await town.find(name)
    done = await suspending.suspend(town.office, OPERATOR, ROWS, "merger")
    assert [(one.outcome, one.open.total) for one in done] == [(Outcome.CHANGED, 1), (Outcome.CHANGED, 1)]
    assert await town.listing() == []
    assert await notifications(town.office, BREST_API, 10) == []
    with pytest.raises(NotFoundError):
        await town.find(name)
    with pytest.raises(InvalidRequestError):
        await town.deposit("A-3", (RENNES,))
    done = await suspending.resume(town.office, OPERATOR, ROWS)
    assert {one.after for one in done} == {SubscriptionStatus.ACTIVE}
    assert await town.listing() == [name]
    assert len(await notifications(town.office, BREST_API, 10)) == 1
    assert (await town.fetch(name)).name == opened.name
    await town.deposit("A-4", (RENNES,))


async def test_a_second_run_changes_and_writes_nothing(town: Town) -> None:
    for _ in range(2):
        done = await suspending.suspend(town.office, OPERATOR, ROWS)
    assert {one.outcome for one in done} == {Outcome.UNCHANGED}
    lines = await town.lines("subscription.changed")
    assert [line.detail["status"] for line in lines] == [{"from": "Actif", "to": "Suspendu"}] * 2


async def test_the_reason_is_kept_beside_the_journal(town: Town) -> None:
    await suspending.suspend(town.office, OPERATOR, ROWS[:1], "asked for by Mme Noël")
    (line,) = await town.lines("subscription.changed")
    assert "Noël" not in json.dumps(line.detail, ensure_ascii=False)
    assert json.loads((await town.payloads())[line.seq]) == {"reason": "asked for by Mme Noël"}


async def test_one_row_that_is_wrong_leaves_all_as_they_are(town: Town) -> None:
    await town.change_subscription(VANNES, status=SubscriptionStatus.REFUSED)
    rows = [*ROWS, Named(NOBODY, "EtatCivil"), Named(VANNES, "EtatCivil"), ROWS[0]]
    with pytest.raises(RefusedRowsError) as refused:
        await suspending.suspend(town.office, OPERATOR, rows)
    assert refused.value.faults == (
        RowFault(2, "process", "there is no subscription of this organization to it"),
        RowFault(3, "process", "the subscription is Refusé; only one that is Actif becomes Suspendu"),
        RowFault(4, "process", "is in row 1 of the file already"),
    )
    assert await status(town, RENNES) is SubscriptionStatus.ACTIVE
    assert await town.lines("subscription.changed") == []


async def test_a_dry_run_says_the_same_and_changes_nothing(town: Town) -> None:
    await town.deposit("A-1", (RENNES,))
    planned = await suspending.suspend(town.office, OPERATOR, ROWS, dry_run=True)
    assert [one.open.total for one in planned] == [1, 0]
    assert await status(town, RENNES) is SubscriptionStatus.ACTIVE
    assert await town.lines("subscription.changed") == []


async def test_what_is_open_expires_by_its_rule_while_suspended(town: Town) -> None:
    view = await town.deposit("A-1", (RENNES,))
    await suspending.suspend(town.office, OPERATOR, ROWS)
    town.clock.pass_by(61 * DAY)
    assert await expire.expire_due(town.office) == 1
    assert await town.states(view) == ["EXPIRED"]
    await suspending.resume(town.office, OPERATOR, ROWS)
    (expired,) = await town.deliveries(view)
    await expire.undo_expiry(town.office, OPERATOR, expired.id)
    assert len(await town.listing()) == 1


async def test_it_is_for_operators(town: Town) -> None:
    with pytest.raises(ForbiddenError):
        await suspending.suspend(town.office, DEPOSITOR, ROWS)
