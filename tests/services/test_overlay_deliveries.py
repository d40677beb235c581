"""Deliveries on a stage: settled and put away for the rehearsing door alone."""

from __future__ import annotations

import pytest

from gateway.domain.deliveries import DeliveryState, Gesture, Place, Serving
from gateway.domain.identity import Door, Mode
from gateway.services import rehearsing
from gateway.services.ports import Transaction
from tests.services.people import HOUR, RENNES, RENNES_API
from tests.services.rehearsed import rehearse
from tests.services.town import Town

FIRST = "A-1-EtatCivil-1.zip"


@pytest.fixture
async def case_id(town: Town) -> str:
    view = await town.deposit()
    await rehearse(town, Mode.API)
    return view.cases[0].id


async def test_a_delivery_is_moved_guarded_by_its_state(town: Town, case_id: str) -> None:
    now = town.clock()

    def verb(tx: Transaction) -> None:
        stage = rehearsing.on_case(tx, RENNES_API, case_id)
        (one,) = stage.deliveries.of_case(case_id)
        accepted, door = DeliveryState.ACCEPTED, Door.API
        assert not stage.deliveries.close(one.id, DeliveryState.FETCHED, accepted, now, door=door, actor="a")
        assert stage.deliveries.fetch(one.id, now)
        assert not stage.deliveries.fetch(one.id, now + HOUR)
        stage.deliveries.note_fetch(one.id, now + HOUR)
        assert stage.deliveries.close(
            one.id, DeliveryState.FETCHED, accepted, now, door=door, actor="a", gesture=Gesture.STATUS, shown=True
        )
        seen = stage.deliveries.get(one.id)
        assert seen is not None
        assert (seen.state, seen.fetched_at, seen.closed_door) == (accepted, now, door)
        real = tx.deliveries.get(one.id)
        assert real is not None
        assert (real.state, real.fetched_at) == (DeliveryState.READY, None)

    await town.store.write(verb)


async def test_it_is_shown_as_the_doors_own(town: Town, case_id: str) -> None:
    def verb(tx: Transaction) -> None:
        stage = rehearsing.on_case(tx, RENNES_API, case_id)
        (one,) = stage.deliveries.of_case(case_id)
        found = stage.deliveries.for_gesture(one.id, Door.API, "rennes-api")
        assert found is not None
        assert (found[0], found[1].access_mode, found[2]) == (one, Mode.API, False)
        stage.servings.save(one.id, Door.API, "rennes-api", Serving(True, 1, {"case": ((0, 1),)}), town.clock())
        kept = tx.servings.get(one.id, Door.API, "rennes-api")
        assert kept is not None
        assert (kept.owned, kept.coverage) == (False, {"case": ((0, 1),)})
        assert stage.servings.owned_of_case(case_id, Door.API, "rennes-api") == set()

    await town.store.write(verb)


async def test_an_archive_lies_where_the_rehearsing_door_put_it(town: Town) -> None:
    await town.switch(RENNES, Mode.API)
    view = await town.deposit()
    await rehearse(town, Mode.SFTP)
    account = town.accounts["rennes"].id

    def verb(tx: Transaction) -> None:
        stage = rehearsing.on_case(tx, town.sftp(), view.cases[0].id)
        (one,) = stage.deliveries.of_case(view.cases[0].id)
        assert not stage.archives.name_placed(account, "EtatCivil", Place.DONE, "done.zip")
        stage.archives.place(account, one, Place.DONE, "done.zip", town.clock())
        assert stage.archives.name_placed(account, "EtatCivil", Place.DONE, "done.zip")
        by_name = stage.archives.by_name(account, "EtatCivil", FIRST)
        by_place = stage.archives.by_place(account, "EtatCivil", Place.DONE, "done.zip")
        assert by_name == by_place
        assert by_name is not None
        assert by_name[2] is Place.DONE
        assert stage.archives.by_name(account, "EtatCivil", "none.zip") is None
        assert not tx.archives.name_placed(account, "EtatCivil", Place.DONE, "done.zip")

    await town.store.write(verb)
    assert await town.placed(Place.DONE, "shared") == ["done.zip"]
