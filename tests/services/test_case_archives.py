"""Archives for software at the REST door, read in small pieces, and who has read them."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.services import case_archives, cases
from gateway.services.office import Office
from tests.journeys.offices import api_client, deposited, depositor
from tests.services.scene import (
    FETCHED,
    NUMBER,
    PUBLICATION,
    READY,
    REOPENING,
    STRANGER,
    WITHDRAWN,
    archive_of,
    deliveries_of,
    states,
)

pytestmark = pytest.mark.usefixtures("declared")


async def case_for(office: Office, name: str) -> str:
    return (await deposited(office, NUMBER, name)).cases[0].id


async def test_pieces_of_any_size_make_the_same_bytes(office: Office) -> None:
    case_id = await case_for(office, "brest")
    archive = await case_archives.open_archive(office, depositor(), case_id)
    size = archive.reader.size
    assert size == archive.delivery.archive_size
    whole = await archive.reader.read(0, size)
    for step in (1, 97, 4096):
        assert b"".join([await archive.reader.read(at, step) for at in range(0, size, step)]) == whole
    await archive.close()
    again = await case_archives.open_archive(office, depositor(), case_id)
    assert again.fingerprint == archive.fingerprint
    assert (await archive_of(office, archive.delivery)).name == archive.delivery.archive_name


async def test_whole_is_whole_however_often_it_was_interrupted(office: Office) -> None:
    case_id = await case_for(office, "brest")
    archive = await case_archives.open_archive(office, api_client("brest"), case_id)
    size = archive.reader.size
    await archive.served(100, size)
    assert await states(office, case_id) == [(PUBLICATION, READY)]
    await archive.served(0, 99)
    assert await states(office, case_id) == [(PUBLICATION, READY)]
    await archive.served(99, 100)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED)]


async def test_a_door_that_does_not_own_the_delivery_keeps_evidence_alone(office: Office) -> None:
    case_id = await case_for(office, "rennes")
    archive = await case_archives.open_archive(office, api_client("rennes"), case_id)
    await archive.served(0, archive.reader.size)
    assert await states(office, case_id) == [(PUBLICATION, READY)]
    (delivery,) = await deliveries_of(office, case_id)
    caller = api_client("rennes")
    serving = await office.store.read(lambda tx: tx.servings.get(delivery.id, caller.door, caller.reader))
    assert serving is not None
    assert (serving.owned, serving.whole_at is not None) == (False, True)


async def test_the_depositor_leaves_no_evidence(office: Office) -> None:
    case_id = await case_for(office, "brest")
    archive = await case_archives.open_archive(office, depositor(), case_id)
    await archive.served(0, archive.reader.size)
    assert await states(office, case_id) == [(PUBLICATION, READY)]


async def test_a_withdrawn_one_is_not_served(office: Office) -> None:
    case_id = await case_for(office, "brest")
    await cases.set_status(office, depositor(), case_id, "CLOSED")
    await cases.set_status(office, depositor(), case_id, "HUBEE_NOTIFIED")
    assert await states(office, case_id) == [(PUBLICATION, WITHDRAWN), (REOPENING, READY)]
    assert (await case_archives.open_archive(office, depositor(), case_id)).delivery.sequence == 2
    with pytest.raises(NotFoundError):
        await case_archives.open_archive(office, depositor(), case_id, 1)


async def test_it_is_for_both_sides_alone(office: Office) -> None:
    case_id = await case_for(office, "brest")
    for caller in (STRANGER, api_client("nantes")):
        with pytest.raises(ForbiddenError):
            await case_archives.open_archive(office, caller, case_id)
