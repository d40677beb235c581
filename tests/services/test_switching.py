"""Switches: one transaction, fenced by the epoch; carry, drain, and the way back (delivery rules, Switch)."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Mode, Transport
from gateway.domain.ids import new_id
from gateway.domain.switches import InFlight, Switch, Switched
from gateway.services import switching
from tests.services.people import DAY, DEPOSITOR, OPERATOR, RENNES, RENNES_API
from tests.services.town import Town

FIRST, SECOND = "A-1-EtatCivil-1.zip", "A-2-EtatCivil-1.zip"


async def switched(town: Town, to: Mode = Mode.API, **values: Any) -> Switched:
    subscription = town.subscriptions[RENNES, "EtatCivil"]
    return await switching.switch(town.office, OPERATOR, subscription.id, Switch(to, **values))


async def test_what_is_open_is_carried_into_the_new_inbox(town: Town) -> None:
    await town.deposit("A-1")
    await town.deposit("A-2")
    await town.fetch(FIRST)
    done = await switched(town)
    assert (done.open.ready, done.open.fetched, done.open.pinned, done.epoch) == (1, 1, 0, 2)
    assert await town.listing() == []
    assert [shown.fetched for shown in await town.inbox(RENNES_API)] == [True, False]


async def test_the_journal_names_the_switch_and_the_set_of_what_was_open(town: Town) -> None:
    view = await town.deposit()
    (delivery,) = await town.deliveries(view)
    await switched(town)
    (line,) = await town.lines("subscription.switched")
    assert (line.epoch, line.digest) == (2, hashlib.sha256(delivery.id.encode()).hexdigest())
    assert line.detail == {
        "process": "EtatCivil",
        "subscriber": RENNES,
        "from": "SFTP (pull)",
        "to": "API",
        "rule": "carry",
        "open": {"ready": 1, "fetched": 0, "pinned": 0},
    }


async def test_a_drain_lets_the_old_door_finish_until_its_deadline(town: Town) -> None:
    await town.deposit("A-1")
    done = await switched(town, in_flight=InFlight.DRAIN, drain_for=DAY)
    assert (done.open.pinned, done.pinned_until) == (1, town.clock() + DAY)
    await town.deposit("A-2")
    assert await town.listing() == [FIRST]
    assert [shown.sequence for shown in await town.inbox(RENNES_API)] == [1]
    town.clock.pass_by(DAY)
    assert await town.listing() == []
    assert len(await town.inbox(RENNES_API)) == 2


async def test_a_drain_leaves_alone_what_an_earlier_one_pinned(town: Town) -> None:
    view = await town.deposit("A-1")
    await switched(town, in_flight=InFlight.DRAIN, drain_for=DAY)
    await town.deposit("A-2")
    done = await switched(town, Mode.PORTAIL, in_flight=InFlight.DRAIN, drain_for=2 * DAY)
    assert done.open.pinned == 2
    (first,) = await town.deliveries(view)
    assert (first.pinned_mode, first.pinned_until) == (Mode.SFTP, town.clock() + DAY)
    assert await town.listing() == [FIRST]
    assert len(await town.inbox(RENNES_API)) == 1


async def test_a_way_back_covers_what_was_delivered_since_and_opens_nothing_again(town: Town) -> None:
    await town.deposit("A-1")
    await switched(town)
    await town.dismissed(RENNES_API)
    await town.deposit("A-2")
    back = await switched(town, Mode.SFTP, epoch=2)
    assert (back.open.total, back.epoch) == (1, 3)
    assert await town.listing() == [SECOND]


async def test_the_epoch_fences_a_switch_that_was_decided_on_old_news(town: Town) -> None:
    await switched(town)
    with pytest.raises(ConflictError, match=r"in mode API, epoch 2, not epoch 1") as refused:
        await switched(town, Mode.SFTP, epoch=1)
    assert refused.value.state == {"accessMode": "API", "transport": "pull", "epoch": "2"}


async def test_of_two_switches_at_once_that_expect_the_same_epoch_one_is_made(town: Town) -> None:
    both = await asyncio.gather(
        switched(town, Mode.API, epoch=1), switched(town, Mode.PORTAIL, epoch=1), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["ConflictError", "Switched"]
    assert len(await town.lines("subscription.switched")) == 1


async def test_between_transports_the_epoch_grows_too(town: Town) -> None:
    done = await switched(town, Mode.SFTP, transport=Transport.PUSH)
    assert (done.before, done.after) == ((Mode.SFTP, Transport.PULL), (Mode.SFTP, Transport.PUSH))
    assert done.epoch == 2


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"to": Mode.SFTP}, "in mode SFTP \\(pull\\) already"),
        ({"in_flight": InFlight.DRAIN}, "say how long a drain may take"),
        ({"drain_for": timedelta(hours=1)}, "it goes with inFlight drain alone"),
        (
            {"to": Mode.SFTP, "transport": Transport.PUSH, "in_flight": InFlight.DRAIN, "drain_for": DAY},
            "there is nothing to drain",
        ),
    ],
)
async def test_a_switch_that_makes_no_sense_is_refused(town: Town, values: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidRequestError, match=fault):
        await switched(town, **values)
    assert await town.lines("subscription.switched") == []


async def test_it_is_for_operators_and_for_subscriptions_that_exist(town: Town) -> None:
    subscription = town.subscriptions[RENNES, "EtatCivil"]
    with pytest.raises(ForbiddenError):
        await switching.switch(town.office, DEPOSITOR, subscription.id, Switch(Mode.API))
    with pytest.raises(ForbiddenError):
        await switching.open_deliveries(town.office, RENNES_API, subscription.id)
    with pytest.raises(NotFoundError, match="Subscription is not found"):
        await switching.switch(town.office, OPERATOR, new_id(), Switch(Mode.API))


async def test_the_open_deliveries_are_counted_whichever_door_owns_them(town: Town) -> None:
    subscription = town.subscriptions[RENNES, "EtatCivil"]
    await town.deposit("A-1")
    await town.deposit("A-2")
    await town.fetch(FIRST)
    found = await switching.open_deliveries(town.office, OPERATOR, subscription.id)
    assert (found.ready, found.fetched, found.pinned, found.total) == (1, 1, 0, 2)
