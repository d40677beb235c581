"""Certificates of switches: every delivery's fate, and what would be lost or counted twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, insert, select, update

from gateway.domain.certificates import Wrong, read
from gateway.domain.errors import ConflictError, ForbiddenError, NotFoundError
from gateway.domain.identity import Mode
from gateway.domain.ids import new_id
from gateway.domain.switches import Switch
from gateway.services import certify, expire, inbox, switching
from gateway.services.certify import Asked, Balance
from gateway.services.office import Office
from gateway.services.waves import drive
from gateway.store.signing import Signer, verifies
from gateway.store.statement import Statement
from gateway.store.tables import deliveries, journal
from gateway.store.transaction import Transaction
from tests.services.moving import ALL_SFTP, running, tried
from tests.services.people import DAY, DEPOSITOR, OPERATOR, RENNES, RENNES_API
from tests.services.town import Town

SIGNER = Signer(bytes(32))
FIRST = "A-1-EtatCivil-1.zip"
_CLOSE = Statement(update(deliveries).where(deliveries.c.id == bindparam("of")).values(state="ACCEPTED"))
_FORGET = Statement(delete(journal).where(journal.c.delivery_id == bindparam("of")))
_LINE = Statement(select(journal).where(journal.c.entry == "delivery.accepted"))
_REPEAT = Statement(
    insert(journal).values({one.name: bindparam(one.name) for one in journal.columns if one.name != "seq"})
)


@pytest.fixture
def office(town: Town) -> Office:
    return replace(town.office, signer=SIGNER)


async def switch(town: Town, to: Mode = Mode.API) -> str:
    subscription = town.subscriptions[RENNES, "EtatCivil"]
    await switching.switch(town.office, OPERATOR, subscription.id, Switch(to))
    return subscription.id


async def certified(
    office: Office, subscription: str, epoch: int | None = None
) -> tuple[list[Mapping[str, Any]], Balance]:
    """What the certificate says, as whoever has the public key reads it."""
    balance = Balance()
    asked = [Asked(subscription, epoch)]
    lines = [line async for line in certify.certificate(office, OPERATOR, asked, {"switch": "test"}, balance)]
    said = list(read(lines, lambda message, signature: verifies(SIGNER.public_key, message, signature)))
    assert not any(isinstance(one, Wrong) for one in said)
    return [one for one in said if not isinstance(one, Wrong)], balance


def told(said: list[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The deliveries by their archives."""
    return {one["delivery"]["archive"]: one["delivery"] for one in said if "delivery" in one}


async def test_what_was_open_is_followed_to_its_end(town: Town, office: Office) -> None:
    await town.deposit("A-0")
    await town.move(await town.fetch("A-0-EtatCivil-1.zip"))
    await town.deposit("A-1")
    await town.deposit("A-2")
    await town.fetch(FIRST)
    subscription = await switch(town)
    await town.deposit("A-3")
    await inbox.dismiss(town.office, RENNES_API, (await town.inbox(RENNES_API))[0].id)
    said, balance = await certified(office, subscription)
    found = told(said)
    assert {name.split("-EtatCivil")[0]: one["state"] for name, one in found.items()} == {
        "A-1": "ACCEPTED",
        "A-2": "OPEN",
        "A-3": "OPEN",
    }
    assert [one["openBefore"] for one in found.values()] == [True, True, False]
    (counted,) = found[FIRST]["acknowledgements"]
    assert (counted["door"], counted["by"], counted["epoch"], counted["gesture"]) == (
        "API",
        RENNES_API.actor,
        2,
        "dismiss",
    )
    assert (found[FIRST]["servedWhole"], found["A-2-EtatCivil-1.zip"]["inbox"]) == (
        [{"door": "SFTP", "by": "rennes"}],
        "API",
    )
    assert (balance.clean, balance.open_before, balance.states) == (True, 2, {"ACCEPTED": 1, "OPEN": 2})
    assert said[-1]["balance"]["lost"] == said[-1]["balance"]["countedTwice"] == 0


async def test_it_names_the_switches_from_the_one_asked_for_on(town: Town, office: Office) -> None:
    subscription = await switch(town)
    await switch(town, Mode.SFTP)
    said, _ = await certified(office, subscription, epoch=2)
    assert [(one["epoch"], one["from"], one["to"]) for one in said[1]["subscription"]["switches"]] == [
        (2, "SFTP (pull)", "API"),
        (3, "API", "SFTP (pull)"),
    ]
    latest, _ = await certified(office, subscription)
    assert [one["epoch"] for one in latest[1]["subscription"]["switches"]] == [3]


async def test_what_left_by_a_rule_says_by_which(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    subscription = await switch(town)
    town.clock.pass_by(90 * DAY)
    await expire.expire_due(town.office)
    said, balance = await certified(office, subscription)
    assert told(said)[FIRST]["left"]["rule"] == "EXPIRED"
    assert (balance.clean, balance.states) == (True, {"EXPIRED": 1})


def _close(tx: Transaction, identifier: str) -> None:
    tx.session.run(_CLOSE, of=identifier)


def _forget(tx: Transaction, identifier: str) -> None:
    tx.session.run(_FORGET, of=identifier)


@pytest.mark.parametrize(("harm", "lost", "disagreements"), [(_close, 1, 0), (_forget, 0, 2)])
async def test_where_the_journal_and_what_is_kept_disagree_it_shows(
    town: Town, office: Office, harm: Callable[[Transaction, str], None], lost: int, disagreements: int
) -> None:
    (delivery,) = await town.deliveries(await town.deposit("A-1"))
    subscription = await switch(town)
    await town.store.write(lambda tx: harm(tx, delivery.id))
    _, balance = await certified(office, subscription)
    assert (len(balance.lost), balance.disagreements, balance.clean) == (lost, disagreements, False)


async def test_a_second_acknowledgement_that_counted_shows(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    subscription = await switch(town)
    await town.dismissed(RENNES_API)

    def again(tx: Transaction) -> None:
        (row,) = tx.session.rows(_LINE)
        tx.session.run(_REPEAT, **dict(zip([one.name for one in journal.columns][1:], row[1:], strict=True)))

    await town.store.write(again)
    _, balance = await certified(office, subscription)
    assert (len(balance.counted_twice), balance.clean) == (1, False)


async def test_it_rests_on_a_seal_that_holds_the_switch(town: Town, office: Office) -> None:
    subscription = await switch(town)
    said, _ = await certified(office, subscription)
    seal = await town.store.read(lambda tx: tx.seals.last())
    assert seal is not None
    assert said[0]["certificate"]["journal"] == {"line": seal.last, "seal": seal.digest.hex()}
    assert said[1]["subscription"]["switches"][0]["line"] <= seal.last


async def test_long_journals_are_read_bit_by_bit(town: Town, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certify, "_PAGE", 2)
    for number in range(5):
        await town.deposit(f"A-{number}")
    subscription = await switch(town)
    _, balance = await certified(office, subscription)
    assert (balance.deliveries, balance.open_before, balance.clean) == (5, 5, True)


async def test_what_was_never_switched_has_no_certificate(town: Town, office: Office) -> None:
    subscription = town.subscriptions[RENNES, "EtatCivil"].id
    with pytest.raises(ConflictError, match="never switched"):
        await certified(office, subscription)
    await switch(town)
    with pytest.raises(ConflictError, match="No switch began epoch 7; those of this subscription began 2"):
        await certified(office, subscription, epoch=7)
    with pytest.raises(NotFoundError, match="Subscription"):
        await certified(office, new_id())
    with pytest.raises(ForbiddenError):
        await anext(certify.certificate(office, DEPOSITOR, [Asked(subscription)], {}, Balance()))


async def test_what_was_served_whole_through_two_doors_is_listed(town: Town, office: Office) -> None:
    view = await town.deposit("A-1")
    await town.deposit("A-2")
    opened = await town.fetch(FIRST)
    subscription = await switch(town)
    await town.read_all(RENNES_API, view)
    said, balance = await certified(office, subscription)
    both = [{"door": "SFTP", "by": "rennes"}, {"door": "API", "by": RENNES_API.actor}]
    assert told(said)[FIRST]["servedWhole"] == both
    assert balance.served_twice == [opened.delivery.id]
    assert balance.clean


@pytest.mark.parametrize("settled", [True, False])
async def test_two_accounts_that_fetch_the_same_are_two(town: Town, office: Office, settled: bool) -> None:
    await town.deposit("A-1")
    opened = await town.fetch(FIRST)
    other = await town.find(FIRST, "rennes-2")
    if settled:
        await town.move(opened)
    await town.close(other, (0, other.size), username="rennes-2")
    await town.close(other, (0, other.size), username="rennes-2")
    assert len(await town.lines("delivery.served")) == 1
    await town.deposit("A-2")
    subscription = await switch(town)
    _, balance = await certified(office, subscription)
    assert balance.served_twice == ([] if settled else [opened.delivery.id])


async def test_what_the_other_door_has_settled_is_listed_when_it_is_read_again(town: Town, office: Office) -> None:
    view = await town.deposit("A-1")
    opened = await town.fetch(FIRST)
    subscription = await switch(town)
    await town.move(opened)  # late, and the first: it counts
    await town.read_all(RENNES_API, view)
    await town.read_all(RENNES_API, view)
    assert len(await town.lines("delivery.served")) == 1
    said, balance = await certified(office, subscription)
    assert (told(said)[FIRST]["state"], balance.served_twice) == ("ACCEPTED", [opened.delivery.id])
    assert balance.clean


async def test_what_expired_before_the_switch_and_is_acknowledged_late_was_not_open_then(
    town: Town, office: Office
) -> None:
    await town.deposit("A-1")
    opened = await town.fetch(FIRST)
    town.clock.pass_by(61 * DAY)
    await expire.expire_due(town.office)
    await town.deposit("A-2")
    subscription = await switch(town)
    await town.move(opened)
    said, balance = await certified(office, subscription)
    assert (balance.clean, balance.open_before) == (True, 1)
    assert told(said)[FIRST]["state"] == "ACCEPTED"
    assert told(said)[FIRST]["openBefore"] is False


async def test_a_certificate_of_a_move_is_about_what_it_switched(town: Town, office: Office) -> None:
    await tried(town)
    with pytest.raises(NotFoundError):
        await certify.of_move(office, OPERATOR, "bretagne")
    await running(town)
    with pytest.raises(ConflictError, match="The move bretagne has switched nothing: there is nothing to certify"):
        await certify.of_move(office, OPERATOR, "bretagne")
    await drive(office)
    asked = await certify.of_move(office, OPERATOR, "bretagne")
    assert asked == [Asked(town.subscriptions[name].id, 2) for name in ALL_SFTP]
    with pytest.raises(ForbiddenError):
        await certify.of_move(office, RENNES_API, "bretagne")
