"""What a recipient can do, and what its depositor then sees, whatever the door."""

from __future__ import annotations

import pytest

from gateway.domain.identity import Mode
from tests.doors.drivers import NotThereError
from tests.doors.place import Place, Told
from tests.journeys.offices import PDF, XML
from tests.journeys.world import PDF_TYPE, XML_TYPE

SENT = Told("STATUS_UPDATE", "SENT")
RECEIVED = Told("STATUS_UPDATE", "SI_RECEIVED")
REFUSED = Told("STATUS_UPDATE", "SI_INTG_ERROR")
SIGNED = b"%PDF-1.4 signed"


async def test_lists_what_waits_oldest_first(place: Place) -> None:
    assert await place.rennes.inbox() == []
    await place.depositor.deposit("A-9-1", "rennes")
    first = await place.rennes.inbox()
    assert len(first) == 1
    await place.depositor.deposit("A-9-2", "rennes")
    second = await place.rennes.inbox()
    assert len(second) == 2
    assert second[:1] == first


async def test_sees_nothing_before_the_deposit_is_complete(place: Place) -> None:
    folder = await place.depositor.create("A-9-1", "rennes")
    await place.depositor.put(folder, 0)
    await place.depositor.put(folder, 1)
    assert await place.rennes.inbox() == []


async def test_listing_and_reading_a_part_tells_the_depositor_nothing(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.peek(item)
    assert await place.rennes.inbox() == [item]
    assert await place.depositor.statuses(folder) == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]
    assert await place.told(folder) == []


async def test_reads_the_bytes_that_were_deposited(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    assert await place.rennes.fetch(item) == {XML_TYPE: XML, PDF_TYPE: PDF}
    assert await place.rennes.inbox() == [item]
    assert await place.depositor.statuses(folder) == ["SENT", "SENT"]
    assert await place.told(folder) == [SENT]
    assert await place.counted() == []


async def test_reading_twice_is_told_once(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    assert await place.rennes.fetch(item) == await place.rennes.fetch(item)
    assert await place.told(folder) == [SENT]


async def test_acknowledges(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.fetch(item)
    await place.rennes.acknowledge(item)
    assert await place.rennes.inbox() == []
    assert await place.depositor.statuses(folder) == ["SI_RECEIVED", "SI_RECEIVED"]
    assert await place.told(folder) == [SENT, RECEIVED]
    assert await place.counted() == [1]


async def test_acknowledging_again_is_answered_alike_and_counts_once(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.fetch(item)
    for _ in range(3):
        await place.rennes.acknowledge(item)
    assert await place.told(folder) == [SENT, RECEIVED]
    assert await place.counted() == [1]


async def test_refuses_what_it_could_not_take_in(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.fetch(item)
    for _ in range(2):
        await place.rennes.refuse(item)
    assert await place.rennes.inbox() == []
    assert await place.depositor.statuses(folder) == ["SENT", "SI_INTG_ERROR"]
    assert await place.told(folder) == [SENT, REFUSED]
    assert await place.counted() == [1]


async def test_answers_step_by_step_with_message_and_file(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.fetch(item)
    await place.rennes.acknowledge(item)
    await place.rennes.answer(item, "IN_PROGRESS", "Nous regardons")
    await place.rennes.answer(item, "DONE", "Voici l'acte", SIGNED)
    assert await place.depositor.statuses(folder) == ["DONE", "DONE"]
    assert await place.told(folder) == [
        SENT,
        RECEIVED,
        Told("STATUS_UPDATE", "IN_PROGRESS", "Nous regardons"),
        Told("ATTACH_DEPOSIT", "DONE", "Voici l'acte", (("acte.pdf", SIGNED),)),
    ]
    assert await place.counted() == [1]


async def test_the_same_answer_again_counts_once(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.fetch(item)
    await place.rennes.acknowledge(item)
    for _ in range(3):
        await place.rennes.answer(item, "REFUSED", "Pas chez nous", SIGNED)
    assert (await place.told(folder))[2:] == [
        Told("ATTACH_DEPOSIT", "REFUSED", "Pas chez nous", (("acte.pdf", SIGNED),))
    ]
    assert await place.depositor.statuses(folder) == ["REFUSED", "REFUSED"]
    assert await place.counted() == [1]


async def test_an_answer_is_an_acknowledgement(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.fetch(item)
    await place.rennes.answer(item, "IN_PROGRESS", "Nous regardons")
    assert await place.counted() == [1]
    await place.rennes.acknowledge(item)
    assert await place.rennes.inbox() == []
    assert await place.depositor.statuses(folder) == ["IN_PROGRESS", "IN_PROGRESS"]
    assert await place.counted() == [1]


async def test_what_is_put_away_after_the_end_changes_nothing(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.fetch(item)
    await place.rennes.acknowledge(item)
    await place.rennes.answer(item, "DONE", "Fait")
    before = await place.told(folder)
    await place.rennes.acknowledge(item)
    assert await place.told(folder) == before
    assert await place.depositor.statuses(folder) == ["DONE", "DONE"]


async def test_each_recipient_sees_and_moves_its_own_case_alone(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes", "nantes")
    (mine,), (other,) = await place.rennes.inbox(), await place.nantes.inbox()
    assert mine != other
    await place.rennes.fetch(mine)
    await place.rennes.acknowledge(mine)
    await place.nantes.fetch(other)
    assert await place.depositor.statuses(folder) == ["SENT", "SI_RECEIVED", "SENT"]
    assert await place.told(folder, 0) == [SENT, RECEIVED]
    assert await place.told(folder, 1) == [SENT]


async def test_what_is_anothers_cannot_be_read_or_touched(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "nantes")
    (item,) = await place.nantes.inbox()
    known = folder["cases"][0]["id"] if place.rennes.mode is Mode.API else item
    assert await place.rennes.inbox() == []
    with pytest.raises(NotThereError):
        await place.rennes.fetch(known)
    with pytest.raises(NotThereError):
        await place.rennes.acknowledge(known)
    with pytest.raises(NotThereError):
        await place.rennes.refuse(known)
    with pytest.raises(NotThereError):
        await place.rennes.answer(known, "IN_PROGRESS", "Bonjour")
    assert await place.nantes.inbox() == [item]
    assert await place.depositor.statuses(folder) == ["HUBEE_NOTIFIED", "HUBEE_NOTIFIED"]
    assert await place.told(folder) == []
    assert await place.counted() == []


async def test_a_complement_waits_beside_what_waits_already(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    case_id = folder["cases"][0]["id"]
    await place.depositor.event(case_id, "ATTACH_DEPOSIT", [("suite.pdf", SIGNED)])
    assert len(await place.rennes.inbox()) == 2
    for each in await place.rennes.inbox():
        await place.rennes.fetch(each)
        await place.rennes.acknowledge(each)
    assert await place.rennes.inbox() == []
    assert item not in await place.rennes.inbox()
    assert await place.depositor.statuses(folder) == ["SI_RECEIVED", "SI_RECEIVED"]
    assert await place.counted() == [1, 1]


async def test_a_reopened_case_comes_again(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.fetch(item)
    await place.rennes.acknowledge(item)
    await place.depositor.set_status(folder["cases"][0]["id"], "HUBEE_NOTIFIED")
    (again,) = await place.rennes.inbox()
    assert again != item
    assert await place.rennes.fetch(again) == {XML_TYPE: XML, PDF_TYPE: PDF}
    await place.rennes.acknowledge(again)
    assert await place.told(folder) == [SENT, RECEIVED, SENT, RECEIVED]
    assert await place.counted() == [1, 1]


async def test_what_goes_to_another_door_leaves_this_one(place: Place) -> None:
    await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.switch(Mode.API if place.rennes.mode is Mode.SFTP else Mode.SFTP)
    assert await place.rennes.inbox() == []
    await place.switch(place.rennes.mode)
    assert await place.rennes.inbox() == [item]


async def test_what_was_fetched_here_may_still_be_acknowledged_after_a_switch(place: Place) -> None:
    folder = await place.depositor.deposit("A-9-1", "rennes")
    (item,) = await place.rennes.inbox()
    await place.rennes.fetch(item)
    await place.switch(Mode.API if place.rennes.mode is Mode.SFTP else Mode.SFTP)
    await place.rennes.acknowledge(item)
    assert await place.told(folder) == [SENT, RECEIVED]
    assert await place.counted() == [1]
