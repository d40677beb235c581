"""What SFTP accounts do with archives, and what each gesture means for delivery, case and depositor."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.domain.deliveries import Gesture, Place
from gateway.domain.errors import ConflictError, UnreadError
from gateway.domain.identity import Door
from gateway.domain.statuses import Status
from gateway.services import archives
from tests.services.people import DAY, DEPOSITOR, RENNES, VANNES
from tests.services.town import Town

FIRST = "A-1-EtatCivil-1.zip"
READING = frozenset({Gesture.READ, Gesture.RENAME, Gesture.DELETE, Gesture.ANSWER})
ANSWERING = frozenset({Gesture.ANSWER})


async def test_listing_opening_and_reading_in_part_move_nothing(town: Town) -> None:
    view = await town.deposit()
    opened = await town.find(FIRST)
    await town.listing()
    await town.close(opened)
    await town.close(opened, (0, 100), (150, opened.size))
    assert (await town.states(view), await town.case_status(view)) == (["READY"], Status.HUBEE_NOTIFIED)
    assert await town.inbox(DEPOSITOR) == []
    (delivery,) = await town.deliveries(view)
    serving = await town.store.read(lambda tx: tx.servings.get(delivery.id, Door.SFTP, town.accounts["rennes"].id))
    assert serving is not None  # the evidence is kept
    assert serving.coverage == {"archive": ((0, 100), (150, opened.size))}
    assert (serving.owned, serving.epoch, serving.whole_at) == (True, 1, None)


async def test_a_whole_reading_fetches(town: Town) -> None:
    view = await town.deposit()
    town.clock.pass_by(DAY)
    await town.fetch(FIRST)
    (delivery,) = await town.deliveries(view)
    assert (delivery.state, delivery.fetched_at, delivery.closed_at) == ("FETCHED", town.clock(), None)
    assert await town.case_status(view) is Status.SENT
    assert await town.told() == ["SENT"]
    assert await town.listing() == [FIRST]
    (line,) = await town.lines("delivery.fetched")
    assert (line.door, line.actor, line.organization, line.epoch) == ("SFTP", "rennes", RENNES, 1)
    assert line.detail == {"gesture": "read"}
    assert line.at == town.clock()


async def test_a_reading_may_be_resumed_over_any_number_of_sessions_in_any_order(town: Town) -> None:
    view = await town.deposit()
    opened = await town.find(FIRST)
    await town.close(opened, (300, opened.size))
    await town.close(await town.find(FIRST), (0, 200))
    assert await town.states(view) == ["READY"]
    await town.close(await town.find(FIRST), (150, 300))
    assert await town.states(view) == ["FETCHED"]


async def test_sessions_that_close_at_the_same_time_lose_no_range(town: Town) -> None:
    view = await town.deposit()
    opened = await town.find(FIRST)
    parts = 24
    step = opened.size // parts + 1
    await asyncio.gather(
        *(town.close(opened, (start, min(start + step, opened.size))) for start in range(0, opened.size, step))
    )
    assert await town.states(view) == ["FETCHED"]


async def test_two_accounts_do_not_add_up(town: Town) -> None:
    view = await town.deposit()
    opened = await town.find(FIRST)
    await town.close(opened, (0, 300))
    await town.close(await town.find(FIRST, "rennes-2"), (300, opened.size), username="rennes-2")
    assert await town.states(view) == ["READY"]
    await town.fetch(FIRST, "rennes-2")
    assert await town.states(view) == ["FETCHED"]
    await town.close(opened, (300, opened.size))
    (delivery,) = await town.deliveries(view)
    for name in ("rennes", "rennes-2"):  # both were served whole: each is evidence
        account = town.accounts[name].id
        serving = await town.store.read(lambda tx, one=account: tx.servings.get(delivery.id, Door.SFTP, one))  # type: ignore[misc]  # mypy infers no default
        assert serving is not None
        assert serving.whole_at is not None
    assert len(await town.lines("delivery.fetched")) == 1
    assert await town.told() == ["SENT"]


async def test_a_lost_connection_keeps_the_ranges_and_counts_as_no_whole_reading(town: Town) -> None:
    view = await town.deposit()
    opened = await town.find(FIRST)
    await town.close(opened, (0, opened.size), clean=False)
    assert await town.states(view) == ["READY"]
    with pytest.raises(UnreadError):
        await town.move(opened)
    await town.close(opened, (0, 1))  # a later session's clean close finds every byte covered
    assert await town.states(view) == ["FETCHED"]


@pytest.mark.parametrize("gesture", [Gesture.RENAME, Gesture.DELETE])
async def test_a_fetched_archive_is_taken_in_by_a_rename_or_a_deletion(town: Town, gesture: Gesture) -> None:
    view = await town.deposit()
    opened = await town.fetch(FIRST)
    await (town.move(opened) if gesture is Gesture.RENAME else town.remove(opened))
    (delivery,) = await town.deliveries(view)
    assert (delivery.state, delivery.unread, delivery.closed_door) == ("ACCEPTED", False, Door.SFTP)
    assert await town.case_status(view) is Status.SI_RECEIVED
    assert await town.told() == ["SENT", "SI_RECEIVED"]
    assert await town.listing() == []
    assert await town.placed(Place.DONE) == ([FIRST] if gesture is Gesture.RENAME else [])
    (line,) = await town.lines("delivery.accepted")
    assert line.detail == {"gesture": gesture}
    assert town.meter.seen["acknowledgements_total", "SFTP", gesture] == 1


@pytest.mark.parametrize("gesture", [Gesture.RENAME, Gesture.DELETE])
async def test_an_unread_archive_stays_where_it_is(town: Town, gesture: Gesture) -> None:
    view = await town.deposit()
    opened = await town.find(FIRST)
    for _ in range(3):
        with pytest.raises(UnreadError, match=r"Lisez l'archive.*/ Read the whole archive"):
            await (town.move(opened) if gesture is Gesture.RENAME else town.remove(opened))
    assert (await town.states(view), await town.listing()) == (["READY"], [FIRST])
    assert await town.case_status(view) is Status.HUBEE_NOTIFIED
    (line,) = await town.lines("delivery.refused")  # one a day
    assert line.detail == {"gesture": gesture, "state": "READY"}
    town.clock.pass_by(DAY)
    with pytest.raises(UnreadError):
        await (town.move(opened) if gesture is Gesture.RENAME else town.remove(opened))
    assert len(await town.lines("delivery.refused")) == 2


@pytest.mark.parametrize("gesture", [Gesture.RENAME, Gesture.DELETE])
async def test_an_account_that_may_leave_archives_unread_is_flagged_for_it(town: Town, gesture: Gesture) -> None:
    await town.change_account("rennes", allow_unread=True)
    view = await town.deposit()
    opened = await town.find(FIRST)
    await (town.move(opened) if gesture is Gesture.RENAME else town.remove(opened))
    (delivery,) = await town.deliveries(view)
    assert (delivery.state, delivery.unread, delivery.fetched_at) == ("ACCEPTED", True, None)
    assert await town.case_status(view) is Status.SI_RECEIVED
    (line,) = await town.lines("delivery.accepted")
    assert line.detail == {"gesture": gesture, "unread": True}


@pytest.mark.parametrize("read", [False, True])
async def test_what_could_not_be_taken_in_is_moved_to_failed_read_or_not(town: Town, read: bool) -> None:
    view = await town.deposit()
    opened = await (town.fetch(FIRST) if read else town.find(FIRST))
    await town.move(opened, Place.FAILED)
    assert await town.states(view) == ["REJECTED"]
    assert await town.case_status(view) is Status.SI_INTG_ERROR
    assert (await town.told())[-1] == "SI_INTG_ERROR"
    assert await town.placed(Place.FAILED) == [FIRST]
    assert (await town.folder_status(view)) is Status.SENT


async def test_where_reading_acknowledges_the_archive_stays_listed_for_a_grace_time(town: Town) -> None:
    await town.change_account("rennes", acknowledge_on=READING)
    view = await town.deposit()
    opened = await town.fetch(FIRST)
    (delivery,) = await town.deliveries(view)
    assert (delivery.state, delivery.fetched_at, delivery.unread) == ("ACCEPTED", town.clock(), False)
    assert await town.case_status(view) is Status.SENT
    assert await town.listing() == [FIRST]
    town.clock.pass_by(town.office.policy.grace - timedelta(milliseconds=1))
    assert await town.listing() == [FIRST]
    await town.move(opened)  # still works, and changes nothing
    assert (await town.states(view), await town.case_status(view)) == (["ACCEPTED"], Status.SENT)
    assert (await town.listing(), await town.placed(Place.DONE)) == ([], [FIRST])
    await town.deposit("A-2")
    await town.fetch("A-2-EtatCivil-1.zip")
    town.clock.pass_by(town.office.policy.grace)
    assert await town.listing() == []


async def test_an_account_that_only_answers_moves_archives_in_its_own_view_alone(town: Town) -> None:
    await town.change_account("rennes", acknowledge_on=ANSWERING)
    for number, gesture in (("A-1", Place.DONE), ("A-2", Place.FAILED), ("A-3", Place.DELETED)):
        view = await town.deposit(number)
        name = f"{number}-EtatCivil-1.zip"
        opened = await town.find(name)
        await (town.remove(opened) if gesture is Place.DELETED else town.move(opened, gesture))
        assert (await town.states(view), await town.case_status(view)) == (["READY"], Status.HUBEE_NOTIFIED)
        assert await town.listing() == []
        assert name in await town.listing("rennes-2")
    assert await town.inbox(DEPOSITOR) == []
    taken = await town.answer("A-1", 14)
    assert taken.state == "TAKEN"
    assert "A-1-EtatCivil-1.zip" not in await town.listing("rennes-2")


async def test_repetitions_succeed_and_share_one_line_a_day(town: Town) -> None:
    view = await town.deposit()
    await town.move(await town.fetch(FIRST))
    for _ in range(2):
        for _ in range(3):
            await town.move(await town.find(FIRST, again=True))
            await town.remove(await town.find(FIRST, again=True))
        town.clock.pass_by(DAY)
    lines = await town.lines("delivery.repeated")
    assert [line.detail["gesture"] for line in lines] == ["rename", "delete"] * 2
    assert await town.states(view) == ["ACCEPTED"]
    assert await town.placed(Place.DONE) == [FIRST]  # where the first gesture put it
    assert await town.told() == ["SENT", "SI_RECEIVED"]


async def test_two_gestures_at_the_same_time_count_once(town: Town) -> None:
    view = await town.deposit()
    opened = await town.fetch(FIRST)
    other = await town.find(FIRST, "rennes-2")
    results = await asyncio.gather(
        town.move(opened), town.move(opened), town.remove(other, "rennes-2"), return_exceptions=True
    )
    assert [one for one in results if one is not None] == []
    assert len(await town.lines("delivery.accepted")) == 1
    assert await town.states(view) == ["ACCEPTED"]
    assert await town.told() == ["SENT", "SI_RECEIVED"]


async def test_a_deletion_after_the_end_of_the_case_changes_nothing(town: Town) -> None:
    view = await town.deposit()
    opened = await town.fetch(FIRST)
    await town.answer("A-1", 19)
    await town.remove(opened)
    assert (await town.states(view), await town.case_status(view)) == (["ACCEPTED"], Status.DONE)
    await town.move(await town.find(FIRST, "rennes-2"), Place.FAILED, "rennes-2")
    assert (await town.states(view), await town.case_status(view)) == (["ACCEPTED"], Status.DONE)


async def test_a_status_that_the_table_forbids_is_not_written(town: Town) -> None:
    view = await town.deposit()
    await town.say(DEPOSITOR, view, new_status="CLOSED")
    await town.move(await town.fetch(FIRST))
    assert (await town.states(view), await town.case_status(view)) == (["ACCEPTED"], Status.CLOSED)
    assert await town.inbox(DEPOSITOR) == []


async def test_a_name_that_exists_in_the_place_is_refused(town: Town) -> None:
    await town.deposit("A-1")
    view = await town.deposit("A-2")
    await town.move(await town.fetch(FIRST), name="x.zip")
    opened = await town.fetch("A-2-EtatCivil-1.zip")
    with pytest.raises(ConflictError, match="A file of that name exists there"):
        await town.move(opened, name="x.zip")
    assert await town.states(view) == ["FETCHED"]
    await town.move(opened, Place.FAILED, name="x.zip")
    assert await town.placed(Place.FAILED) == ["x.zip"]


async def test_what_lies_in_a_place_can_be_moved_on_and_deleted_without_meaning(town: Town) -> None:
    view = await town.deposit()
    await town.move(await town.fetch(FIRST))
    caller = town.sftp()
    await town.move(await archives.find(town.office, caller, "EtatCivil", Place.DONE, FIRST), Place.FAILED)
    assert (await town.placed(Place.DONE), await town.placed(Place.FAILED)) == ([], [FIRST])
    await town.remove(await archives.find(town.office, caller, "EtatCivil", Place.FAILED, FIRST))
    assert await town.placed(Place.FAILED) == []
    assert (await town.states(view), await town.case_status(view)) == (["ACCEPTED"], Status.SI_RECEIVED)
    assert await town.lines("delivery.repeated") == []


async def test_deleted_archives_do_not_stand_in_each_others_way(town: Town) -> None:
    await town.deposit("A-1")
    view = await town.deposit("A-2")
    await town.move(await town.fetch(FIRST), name="A-2-EtatCivil-1.zip")
    await town.remove(await archives.find(town.office, town.sftp(), "EtatCivil", Place.DONE, "A-2-EtatCivil-1.zip"))
    await town.remove(await town.fetch("A-2-EtatCivil-1.zip"))
    assert await town.states(view) == ["ACCEPTED"]


async def test_an_archive_of_another_subscriber_of_the_shared_account_is_acknowledged_in_its_name(town: Town) -> None:
    view = await town.deposit(to=(RENNES, VANNES))
    await town.move(await town.fetch(FIRST, "shared"), username="shared")
    assert (await town.states(view), await town.states(view, 1)) == (["ACCEPTED"], ["READY"])
    assert {one.transmitter for one in await town.events(view)} == {RENNES}
    assert await town.folder_status(view) is Status.HUBEE_NOTIFIED
