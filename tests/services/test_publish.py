"""What a publication freezes, names and tells."""

from __future__ import annotations

import hashlib

import pytest

from gateway.domain.dossiers import AttachmentStatus
from gateway.domain.errors import InvalidRequestError
from gateway.services import deposit, outgoing
from gateway.services.office import Office
from tests.journeys.offices import deposited, depositor
from tests.journeys.world import PDF_TYPE, PROCESS
from tests.services.scene import (
    NUMBER,
    READY,
    archive_of,
    asked,
    change_process,
    change_subscription,
    complement,
    created,
    deliveries_of,
    file_names,
    filled,
    lines_of,
)

pytestmark = pytest.mark.usefixtures("declared")


async def test_two_cases_of_a_folder_have_archives_of_different_names(office: Office) -> None:
    view = await deposited(office, NUMBER, "rennes", "nantes", "brest")
    found = [(await deliveries_of(office, case.id))[0] for case in view.cases]
    assert [one.archive_name for one in found] == [f"{NUMBER}-{PROCESS}-{number}.zip" for number in (1, 2, 3)]
    assert {one.state for one in found} == {READY}
    assert office.policy.expire_after is not None
    assert {one.expires_at for one in found} == {office.clock() + office.policy.expire_after}


async def test_what_was_frozen_stays_when_templates_and_types_change(office: Office) -> None:
    case_id = (await deposited(office, NUMBER, "rennes")).cases[0].id
    before = await archive_of(office, (await deliveries_of(office, case_id))[0])
    await change_subscription(office, "rennes", template="{sequence}-{number}-{process}.zip")
    await change_process(office, supporting_types=(PDF_TYPE,))
    await complement(office, case_id)
    first, second = await deliveries_of(office, case_id)
    assert await archive_of(office, first) == before
    assert second.archive_name == f"2-{NUMBER}-{PROCESS}.zip"
    assert any("-pj-" in entry.name for entry in (await archive_of(office, second)).entries)


@pytest.mark.parametrize("lost", [1, 2])
async def test_only_what_was_received_is_in_it_and_nothing_is_no_archive(office: Office, lost: int) -> None:
    view = await created(office, asked())
    await filled(office, view)
    for one in view.attachments[:lost]:
        await office.store.write(
            lambda tx, of=one.id: tx.attachments.receive(of, AttachmentStatus.REJECTED, None, office.clock())  # type: ignore[misc]  # mypy infers no default
        )
    if lost == 2:
        with pytest.raises(InvalidRequestError, match="no attachment that was received"):
            await deposit.update_folder(office, depositor(), view.folder.id, "HUBEE_COMPLETED")
        return
    await deposit.update_folder(office, depositor(), view.folder.id, "HUBEE_COMPLETED")
    (delivery,) = await deliveries_of(office, view.cases[0].id)
    assert await file_names(office, delivery) == ["ActeEtatCivil-PDF-1"]


@pytest.mark.parametrize(("notification", "calls"), [(True, 2), (False, 1)])
async def test_a_webhook_tells_of_what_the_inbox_shows(office: Office, notification: bool, calls: int) -> None:
    await change_subscription(office, "brest", webhook="https://brest.example/hook")
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    await complement(office, case_id, notification=notification)
    assert len(await deliveries_of(office, case_id)) == 2
    assert len(await outgoing.claim(office)) == calls


async def test_the_journal_vouches_for_every_file_of_the_archive(office: Office) -> None:
    view = await deposited(office, NUMBER, "rennes")
    (delivery,) = await deliveries_of(office, view.cases[0].id)
    archive = await archive_of(office, delivery)
    kept = {}
    for entry in archive.entries:
        if entry.blob is not None:
            reader = await office.blobs.reader(entry.blob)
            kept[entry.blob] = hashlib.sha256(await reader.read(0, entry.size)).digest()
            await reader.close()
    (line,) = [one for one in await lines_of(office, view.folder.id) if one.entry == "delivery.published"]
    assert line.digest == hashlib.sha256(archive.checksums(kept)).hexdigest()
