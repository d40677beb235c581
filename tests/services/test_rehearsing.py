"""Who rehearses, and what is kept apart for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.identity import Caller, Door, Mode, Role
from gateway.domain.referential import Subscription
from gateway.services import rehearsals
from gateway.services.once import Once
from gateway.services.ports import Transaction
from gateway.services.rehearsing import apart, is_stage, on_case, on_subscription, rehearses
from tests.services.people import BREST_API, DEPOSITOR, OPERATOR, RENNES, RENNES_API
from tests.services.rehearsed import rehearse
from tests.services.town import Town

PUSHED = Caller(RENNES, Role.SI, Door.PUSH, "push-rennes", account="a")
LEGACY = replace(PUSHED, door=Door.SFTP)
OF_API = Subscription("s", RENNES, "EtatCivil", access_mode=Mode.SFTP, rehearsal_id="r", rehearsal_mode=Mode.API)
OF_SFTP = replace(OF_API, access_mode=Mode.API, rehearsal_mode=Mode.SFTP)


@pytest.mark.parametrize(
    ("caller", "subscription", "expected"),
    [
        (RENNES_API, OF_API, True),
        (LEGACY, OF_API, False),
        (LEGACY, OF_SFTP, True),
        (PUSHED, OF_SFTP, False),
        (RENNES_API, OF_SFTP, False),
        (OPERATOR, OF_API, False),
        (DEPOSITOR, OF_API, False),
        (RENNES_API, replace(OF_API, rehearsal_id=None, rehearsal_mode=None), False),
    ],
)
def test_a_subscribers_own_door_rehearses_and_nobody_else(
    caller: Caller, subscription: Subscription, expected: bool
) -> None:
    assert rehearses(caller, subscription) is expected


async def test_a_stage_is_given_to_whoever_rehearses_while_a_dual_run_is_under_way(town: Town) -> None:
    view = await town.deposit()
    case_id, known = view.cases[0].id, town.subscriptions[RENNES, "EtatCivil"]

    def staged(tx: Transaction) -> list[bool]:
        subscription = tx.subscriptions.get(known.id)
        assert subscription is not None
        callers = (RENNES_API, DEPOSITOR, OPERATOR, town.sftp())
        found = [is_stage(on_case(tx, caller, case_id)) for caller in callers]
        assert found == [is_stage(on_subscription(tx, caller, subscription)) for caller in callers]
        return found

    assert await town.store.write(staged) == [False] * 4
    await rehearse(town, Mode.API)
    assert await town.store.write(staged) == [True, False, False, False]
    others = await town.deposit("A-2", (BREST_API.organization,))
    case_of_others = others.cases[0].id
    assert not await town.store.read(lambda tx: is_stage(on_case(tx, BREST_API, case_of_others, hold=False)))
    assert await town.store.read(lambda tx: is_stage(on_case(tx, RENNES_API, case_id, hold=False)))


async def test_no_stage_is_given_of_a_dual_run_that_ended_since_the_subscription_was_read(town: Town) -> None:
    await rehearse(town, Mode.API)
    known = await town.store.read(lambda tx: tx.subscriptions.get(town.subscriptions[RENNES, "EtatCivil"].id))
    assert known is not None
    await rehearsals.end(town.office, OPERATOR, known.id)
    assert not await town.store.write(lambda tx: is_stage(on_subscription(tx, RENNES_API, known)))


def test_a_key_used_in_a_dual_run_is_another_one_after_it() -> None:
    once = Once("k", b"", str)
    assert apart(None, ["r"]) is None
    assert apart(once, []) is once
    first, second = apart(once, ["r"]), apart(once, ["s"])
    assert first is not None
    assert second is not None
    assert len({once.key, first.key, second.key}) == 3
