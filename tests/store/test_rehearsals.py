"""Dual runs, and the deliveries that they show."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.deliveries import Delivery, DeliveryState, Gesture, Place
from gateway.domain.identity import Mode
from gateway.domain.ids import new_id
from gateway.domain.rehearsals import Rehearsal, Rehearsed
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import ACCOUNT, BREST, BREST_API, DAY, HOUR, NOW, add_case, add_delivery

RUN = Rehearsal(new_id(), BREST_API.id, Mode.SFTP, 1, "ops", NOW, NOW + DAY)


def begin(tx: Transaction) -> Delivery:
    """A dual run that finds one delivery open, and another closed."""
    case = add_case(tx, BREST_API)
    found = add_delivery(tx, case)
    add_delivery(tx, case, 2, state=DeliveryState.EXPIRED)
    tx.rehearsals.begin(RUN)
    tx.subscriptions.rehearse(BREST_API.id, RUN.id, RUN.mode)
    tx.accounts.serve(ACCOUNT.id, {BREST_API.id})
    return found


async def test_it_shows_what_is_open_when_it_begins_and_its_case(seeded: AnyStore) -> None:
    one = await seeded.write(begin)

    def query(tx: Transaction) -> None:
        assert tx.rehearsals.get(RUN.id) == tx.rehearsals.latest(BREST_API.id) == RUN
        assert tx.rehearsals.deliveries(RUN.id) == [Rehearsed(one.id, one.case_id, one.published_at)]
        case = tx.overlays.case(RUN.id, one.case_id)
        real = tx.cases.get(one.case_id)
        assert case is not None
        assert real is not None
        assert (case.status, case.way.begun, case.way.set) == (real[0].status, real[0].status, ())
        assert tx.rehearsals.on_case(one.case_id) == (RUN.id, Mode.SFTP)
        assert tx.rehearsals.of_organization(BREST, Mode.SFTP) == [RUN.id]
        assert tx.rehearsals.of_organization(BREST, Mode.API) == []

    await seeded.read(query)
    assert await seeded.read(lambda tx: tx.rehearsals.get(new_id())) is None


async def test_a_delivery_is_kept_as_the_rehearsing_door_has_it(seeded: AnyStore) -> None:
    one = await seeded.write(begin)
    moved = Rehearsed(
        one.id,
        one.case_id,
        one.published_at,
        DeliveryState.ACCEPTED,
        True,
        Place.DONE,
        "done.zip",
        Gesture.RENAME,
        NOW,
        NOW + HOUR,
        NOW + DAY,
    )

    def verb(tx: Transaction) -> None:
        assert [shown.name for shown in tx.archives.inbox(ACCOUNT.id, "EtatCivil", NOW)] == [one.archive_name]
        tx.rehearsals.save(RUN.id, moved)
        assert tx.rehearsals.delivery(RUN.id, one.id) == moved
        assert tx.rehearsals.by_place(ACCOUNT.id, "EtatCivil", Place.DONE, "done.zip") == (RUN.id, one.id)
        assert tx.rehearsals.by_place(ACCOUNT.id, "EtatCivil", Place.FAILED, "done.zip") is None
        assert tx.archives.inbox(ACCOUNT.id, "EtatCivil", NOW) == []
        tx.rehearsals.save(RUN.id, replace(moved, place=None, name=None))
        assert len(tx.archives.inbox(ACCOUNT.id, "EtatCivil", NOW)) == 1
        assert tx.archives.inbox(ACCOUNT.id, "EtatCivil", NOW + DAY) == []

    await seeded.write(verb)


async def test_what_was_not_fetched_is_taken_back(seeded: AnyStore) -> None:
    one = await seeded.write(begin)

    def verb(tx: Transaction) -> tuple[DeliveryState, bool]:
        tx.rehearsals.withdraw(RUN.id, one.case_id)
        (found,) = tx.rehearsals.deliveries(RUN.id)
        return found.state, found.dismissed

    assert await seeded.write(verb) == (DeliveryState.WITHDRAWN, True)


async def test_it_ends_once_and_leaves_its_result(seeded: AnyStore) -> None:
    one = await seeded.write(begin)

    def verb(tx: Transaction) -> None:
        assert tx.rehearsals.due(NOW, 10) == []
        assert tx.rehearsals.due(NOW + DAY, 10) == [RUN.id]
        assert tx.rehearsals.end(RUN.id, "{}", NOW + DAY) == []
        tx.rehearsals.end(RUN.id, "[]", NOW + 2 * DAY)
        assert tx.rehearsals.get(RUN.id) == replace(RUN, ended_at=NOW + DAY, result="{}")
        assert tx.rehearsals.due(NOW + DAY, 10) == []
        assert tx.rehearsals.deliveries(RUN.id) == []
        assert tx.overlays.case(RUN.id, one.case_id) is None
        tx.subscriptions.rehearse(BREST_API.id, None, None)
        assert tx.rehearsals.on_case(one.case_id) is None

    await seeded.write(verb)
