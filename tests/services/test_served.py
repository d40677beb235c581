"""What the API served of a case, and when that fetches its delivery."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.domain.deliveries import Serving
from gateway.domain.identity import Door, Mode
from gateway.services import attachments, cases, inbox
from gateway.services.office import Office
from tests.journeys.offices import PDF, XML, Clock, api_client, deposited, depositor
from tests.services.scene import (
    ACCEPTED,
    COMPLEMENT,
    FETCHED,
    NUMBER,
    PUBLICATION,
    READY,
    complement,
    deliveries_of,
    notices,
    read_over_api,
    states,
    switch,
)

pytestmark = pytest.mark.usefixtures("declared")


async def serve(office: Office, case_id: str, position: int, start: int, end: int, name: str = "brest") -> None:
    view = await cases.read_case(office, depositor(), case_id)
    identifier = view.attachments[position].id
    download = await attachments.open_attachment(office, api_client(name), case_id, identifier)
    await download.served(start, end)
    await download.close()


async def serving(office: Office, case_id: str, name: str) -> Serving | None:
    (delivery,) = await deliveries_of(office, case_id)
    return await office.store.read(lambda tx: tx.servings.get(delivery.id, Door.API, name))


async def evidence(office: Office, case_id: str) -> list[str]:
    """What the journal says of readings that moved nothing."""
    (delivery,) = await deliveries_of(office, case_id)
    lines = await office.store.read(lambda tx: tx.journal.of_subscription(delivery.subscription_id, 0, 100))
    return [line.entry for line in lines if line.entry == "delivery.served"]


async def test_only_the_whole_counts(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    await serve(office, case_id, 0, 0, len(XML))
    await serve(office, case_id, 1, 0, 5)
    await serve(office, case_id, 1, 6, len(PDF))
    assert await states(office, case_id) == [(PUBLICATION, READY)]
    await cases.read_case(office, api_client("brest"), case_id, lite=True)
    await cases.read_case(office, api_client("brest"), case_id)
    assert await states(office, case_id) == [(PUBLICATION, READY)]
    await serve(office, case_id, 1, 4, 7)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED)]


async def test_the_metadata_belong_to_the_whole(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    await serve(office, case_id, 0, 0, len(XML))
    await serve(office, case_id, 1, 0, len(PDF))
    assert await states(office, case_id) == [(PUBLICATION, READY)]
    await cases.read_case(office, api_client("brest"), case_id)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED)]


async def test_who_acknowledges_before_the_last_bytes_are_noted_had_them_whole(office: Office) -> None:
    """The client has the bytes a moment before the gateway writes down that they are gone."""
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    await cases.read_case(office, api_client("brest"), case_id)
    await serve(office, case_id, 0, 0, len(XML))
    (notice,) = await inbox.notifications(office, api_client("brest"), 10)
    second = (await cases.read_case(office, depositor(), case_id)).attachments[1].id
    download = await attachments.open_attachment(office, api_client("brest"), case_id, second)
    await inbox.dismiss(office, api_client("brest"), notice.id)
    assert await evidence(office, case_id) == []
    await download.served(0, len(PDF))
    assert await evidence(office, case_id) == ["delivery.served"]
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED)]


async def test_what_its_client_reads_after_it_has_settled_it_is_no_evidence(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    (notice,) = await inbox.notifications(office, api_client("brest"), 10)
    await inbox.dismiss(office, api_client("brest"), notice.id)
    assert isinstance(office.clock, Clock)
    office.clock.pass_by(timedelta(seconds=1))
    await read_over_api(office, "brest", case_id)
    assert await evidence(office, case_id) == []


async def test_a_reading_over_the_api_tells_the_depositor_nothing(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    await read_over_api(office, "brest", case_id)
    assert (await cases.read_case(office, depositor(), case_id)).case.status == "HUBEE_NOTIFIED"
    assert await notices(office) == []
    (shown,) = await inbox.notifications(office, api_client("brest"), 10)
    assert shown.fetched


async def test_a_depositors_reading_is_none(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    view = await cases.read_case(office, depositor(), case_id)
    for one in view.attachments:
        download = await attachments.open_attachment(office, depositor(), case_id, one.id)
        await download.served(0, one.size)
        await download.close()
    assert await states(office, case_id) == [(PUBLICATION, READY)]


async def test_a_reading_of_who_does_not_own_is_kept_and_moves_nothing(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    await read_over_api(office, "rennes", case_id)
    assert await states(office, case_id) == [(PUBLICATION, READY)]
    kept = await serving(office, case_id, "rennes")
    assert kept is not None
    assert not kept.owned
    assert kept.whole_at == office.clock()


async def test_once_its_door_owns_the_delivery_the_next_reading_counts(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    await read_over_api(office, "rennes", case_id)
    await switch(office, "rennes", Mode.API)
    await read_over_api(office, "rennes", case_id)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED)]
    kept = await serving(office, case_id, "rennes")
    assert kept is not None
    assert kept.owned


async def test_a_complement_is_served_with_its_own_files(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    view = await complement(office, case_id)
    await read_over_api(office, "brest", case_id)
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (COMPLEMENT, READY)]
    file = view.attachments[0]
    download = await attachments.open_event_attachment(office, api_client("brest"), case_id, view.event.id, file.id)
    await download.served(0, file.size)
    await download.close()
    assert await states(office, case_id) == [(PUBLICATION, FETCHED), (COMPLEMENT, FETCHED)]
    await cases.set_status(office, api_client("brest"), case_id, "IN_PROGRESS")
    assert await states(office, case_id) == [(PUBLICATION, ACCEPTED), (COMPLEMENT, ACCEPTED)]


async def test_the_same_bytes_served_again_are_not_written_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await deposited(office, NUMBER, "brest")
    case_id, file = view.cases[0].id, view.attachments[0]
    download = await attachments.open_attachment(office, api_client("brest"), case_id, file.id)
    await download.served(0, file.size - 1)
    with monkeypatch.context() as patch:
        patch.delattr(type(office.store), "write")
        await download.served(1, file.size - 1)
    await download.served(0, file.size)
    await download.close()
    kept = await serving(office, case_id, "brest")
    assert kept is not None
    assert kept.coverage == {file.id: ((0, file.size),)}


async def test_once_all_was_served_the_store_is_looked_at_once_for_each_download(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await deposited(office, NUMBER, "brest")
    case_id, file = view.cases[0].id, view.attachments[0]
    await read_over_api(office, "brest", case_id)
    with monkeypatch.context() as patch:
        for way in ("read", "glance", "write"):
            patch.delattr(type(office.store), way)
        download = await attachments.open_attachment(office, api_client("brest"), case_id, file.id)
        await download.served(0, file.size)
        await download.close()


async def test_what_was_asked_for_before_a_delivery_is_no_reading_of_it(office: Office) -> None:
    view = await deposited(office, NUMBER, "brest")
    case_id, file = view.cases[0].id, view.attachments[0]
    await read_over_api(office, "brest", case_id)
    before = await attachments.open_attachment(office, api_client("brest"), case_id, file.id)
    await complement(office, case_id)
    await before.served(0, file.size)
    await before.close()
    _, later = await deliveries_of(office, case_id)
    assert await office.store.read(lambda tx: tx.servings.get(later.id, Door.API, "brest")) is None
    after = await attachments.open_attachment(office, api_client("brest"), case_id, file.id)
    await after.served(0, file.size)
    await after.close()
    kept = await office.store.read(lambda tx: tx.servings.get(later.id, Door.API, "brest"))
    assert kept is not None
    assert kept.coverage == {file.id: ((0, file.size),)}
