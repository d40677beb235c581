"""Handing in a folder."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.domain.dossiers import AttachmentStatus
from gateway.domain.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import OrganizationId
from gateway.domain.ids import new_id
from gateway.domain.referential import SubscriptionStatus
from gateway.services import attachments, cases, deposit
from gateway.services.office import Office
from gateway.services.once import Once, Replay
from tests.journeys.offices import PDF, XML, Tally, api_client, deposited, depositor, sftp_client, stream
from tests.journeys.world import NANTES, OSL, PDF_TYPE, PROCESS, RENNES, XML_TYPE
from tests.services.scene import (
    ADMIN,
    DAY,
    LATER,
    NUMBER,
    PUBLICATION,
    READY,
    STRANGER,
    asked,
    case_now,
    change_process,
    change_subscription,
    created,
    entries,
    filled,
    kept_blobs,
    other_depositor,
    states,
)

pytestmark = pytest.mark.usefixtures("declared")


async def test_a_new_folder_waits_for_its_bytes(office: Office) -> None:
    view = await created(office, asked(NUMBER, "rennes", "brest", close_at=LATER))
    assert await deposit.read_folder(office, depositor(), view.folder.id) == view
    assert (view.folder.status, view.folder.depositor, view.folder.close_at) == ("HUBEE_RECEIVED", OSL, LATER)
    assert [case.status for case in view.cases] == ["HUBEE_RECEIVED"] * 2
    assert [case.external_id for case in view.cases] == [f"{NUMBER}-rennes", f"{NUMBER}-brest"]
    assert [one.status for one in view.attachments] == [AttachmentStatus.PENDING] * 2
    assert [one.file_name for one in view.attachments] == ["acte.xml", "acte.pdf"]
    assert set(view.recipients.values()) == {(f"{NUMBER}-rennes", f"{NUMBER}-brest")}
    assert await entries(office, view.folder.id) == ["folder.created"]
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["folders_total"] == 1


async def test_a_recipient_knows_of_nothing_before_the_completion(office: Office) -> None:
    view = await created(office, asked(NUMBER, "brest"))
    with pytest.raises(NotFoundError, match="Case is not found"):
        await cases.read_case(office, api_client("brest"), view.cases[0].id)
    with pytest.raises(InvalidRequestError, match="not completed yet"):
        await cases.set_status(office, depositor(), view.cases[0].id, "IN_PROGRESS")


async def test_every_fault_is_listed_and_nothing_is_written(office: Office) -> None:
    await change_subscription(office, "nantes", status=SubscriptionStatus.SUSPENDED)
    stranger = "SI-11111111111111-11111"
    new = deposit.NewFolder(
        PROCESS,
        NUMBER,
        asked().applicant,
        (
            deposit.NewCase("1", OrganizationId.parse(stranger)),
            deposit.NewCase("2", OrganizationId.parse(NANTES)),
            deposit.NewCase("2", OrganizationId.parse(RENNES)),
            deposit.NewCase("3", OrganizationId.parse(RENNES)),
        ),
        (
            deposit.NewAttachment("a", "Other", 1, "application/pdf", ("1", "2")),
            deposit.NewAttachment("b", PDF_TYPE, 0, "application/pdf", ("9",)),
            deposit.NewAttachment("c", XML_TYPE, 2**30 + 1, "application/xml"),
        ),
    )
    with pytest.raises(InvalidRequestError) as caught:
        await deposit.create_folder(office, depositor(), new)
    assert set(caught.value.faults) == {
        f"Case recipient {stranger} does not exist",
        f"Case recipient {NANTES} does not suscribed to {PROCESS}",
        "cases: no attachment is for the case 3",
        "attachments[1].recipients: no case of the folder has externalId 9",
        "attachments[2].recipients: at least one case has to see the attachment",
        f"attachments[0].type: Other is not allowed by {PROCESS}",
        f"attachments[1].size: must be between 1 and {2**30} bytes",
        f"attachments[2].size: must be between 1 and {2**30} bytes",
    }
    assert await office.store.read(lambda tx: tx.journal.after(0)) == []


async def test_a_folder_holds_something_for_somebody(office: Office) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await deposit.create_folder(office, depositor(), asked(cases=(), attachments=()))
    assert caught.value.faults == (
        "cases: a folder has at least one case",
        "attachments: a folder has at least one attachment",
    )


async def test_the_process_says_which_types_formats_and_sizes(office: Office) -> None:
    await change_process(office, attachment_formats=("application/pdf",), attachment_max_size=len(PDF))
    one, two = asked().attachments
    with pytest.raises(InvalidRequestError) as caught:
        await deposit.create_folder(office, depositor(), asked(attachments=(one, replace(two, size=len(PDF) + 1))))
    assert caught.value.faults == (
        f"attachments[0].mimeType: application/xml is not allowed by {PROCESS}",
        f"attachments[1].size: must be between 1 and {len(PDF)} bytes",
    )
    await change_process(office, attachment_formats=(), attachment_types=())
    assert await created(office, asked(attachments=(replace(two, type="Any", mime_type="application/any"),) * 2))


async def test_only_active_subscriptions_are_served(office: Office) -> None:
    for changes in (
        {"status": SubscriptionStatus.INACTIVE},
        {"status": SubscriptionStatus.REFUSED},
        {"activate_at": office.clock() + DAY},
        {"end_at": office.clock()},
    ):
        await change_subscription(office, "rennes", **{"status": SubscriptionStatus.ACTIVE, **changes})
        with pytest.raises(InvalidRequestError, match="does not suscribed to"):
            await created(office)


async def test_a_process_is_its_operators(office: Office) -> None:
    await office.store.write(other_depositor)
    with pytest.raises(ForbiddenError):
        await deposit.create_folder(office, STRANGER, asked())
    with pytest.raises(ForbiddenError):
        await deposit.create_folder(office, replace(depositor(), process="CERTDC"), asked())
    await change_process(office, osl=None)
    assert await deposit.create_folder(office, STRANGER, asked())
    assert await deposit.create_folder(office, ADMIN, asked())


async def test_an_unknown_or_closed_process_is_refused(office: Office) -> None:
    with pytest.raises(InvalidRequestError, match="Process Unknown does not exist"):
        await deposit.create_folder(office, depositor(), asked(process="Unknown"))
    await change_process(office, is_activated=False)
    with pytest.raises(InvalidRequestError, match="does not exist"):
        await created(office)


def _once(request: bytes = b"r" * 32, key: str = "key") -> Once:
    return Once(key, request, lambda view: f"answer about {view.folder.id}")


async def test_a_repeated_key_gets_the_first_answer(office: Office) -> None:
    view = await deposit.create_folder(office, depositor(), asked(), _once())
    assert isinstance(view, deposit.FolderView)
    again = await deposit.create_folder(office, depositor(), asked(), _once())
    assert again == Replay(f"answer about {view.folder.id}")
    with pytest.raises(ConflictError, match="Idempotency-Key"):
        await deposit.create_folder(office, depositor(), asked(), _once(b"x" * 32))
    assert isinstance(await deposit.create_folder(office, depositor(), asked(), _once(key="other")), deposit.FolderView)
    other_client = replace(depositor(), actor="second")
    assert isinstance(await deposit.create_folder(office, other_client, asked(), _once()), deposit.FolderView)


async def test_a_refused_request_leaves_its_key_free(office: Office) -> None:
    with pytest.raises(InvalidRequestError):
        await deposit.create_folder(office, depositor(), asked(cases=()), _once())
    assert isinstance(await deposit.create_folder(office, depositor(), asked(), _once()), deposit.FolderView)


async def test_of_requests_at_once_under_one_key_one_creates(office: Office) -> None:
    answers = await asyncio.gather(*(deposit.create_folder(office, depositor(), asked(), _once()) for _ in range(4)))
    (view,) = (one for one in answers if isinstance(one, deposit.FolderView))
    assert [one for one in answers if isinstance(one, Replay)] == [Replay(f"answer about {view.folder.id}")] * 3


async def test_the_completion_waits_for_every_byte(office: Office) -> None:
    view = await created(office)
    await attachments.receive(office, depositor(), view.folder.id, view.attachments[0].id, stream(XML))
    with pytest.raises(InvalidRequestError) as caught:
        await deposit.update_folder(office, depositor(), view.folder.id, "HUBEE_COMPLETED")
    assert len(caught.value.faults) == 1
    assert view.attachments[1].id in caught.value.message
    assert (await case_now(office, view.cases[0].id)).status == "HUBEE_RECEIVED"
    with pytest.raises(InvalidRequestError, match="has to wait"):
        await deposit.update_folder(office, depositor(), view.folder.id, "IN_PROGRESS")


async def test_the_completion_publishes_once_and_repeated_says_nothing(office: Office) -> None:
    view = await deposited(office, NUMBER, "rennes", "brest")
    assert view.folder.status == "HUBEE_NOTIFIED"
    assert [case.status for case in view.cases] == ["HUBEE_NOTIFIED"] * 2
    before = await entries(office, view.folder.id)
    await deposit.update_folder(office, depositor(), view.folder.id, "HUBEE_COMPLETED")
    assert await entries(office, view.folder.id) == before
    for case in view.cases:
        assert await states(office, case.id) == [(PUBLICATION, READY)]
        assert (await case_now(office, case.id)).publication == 1
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["deposits_total"] == 1


async def test_completions_at_once_publish_once(office: Office) -> None:
    view = await created(office)
    await filled(office, view)
    await asyncio.gather(
        *(deposit.update_folder(office, depositor(), view.folder.id, "HUBEE_COMPLETED") for _ in range(3))
    )
    assert await states(office, view.cases[0].id) == [(PUBLICATION, READY)]


async def test_what_the_depositor_says_of_the_folder_stands_until_a_case_moves(office: Office) -> None:
    view = await deposited(office, NUMBER, "brest")
    close_at = LATER + timedelta(days=1)
    await deposit.update_folder(office, depositor(), view.folder.id, "IN_PROGRESS", close_at)
    now = await deposit.read_folder(office, depositor(), view.folder.id)
    assert (now.folder.status, now.folder.close_at) == ("IN_PROGRESS", close_at)
    assert now.cases[0].status == "HUBEE_NOTIFIED"
    await cases.set_status(office, api_client("brest"), view.cases[0].id, "SENT")
    assert (await deposit.read_folder(office, depositor(), view.folder.id)).folder.status == "SENT"
    for status in ("LOST", "ARCHIVED"):
        with pytest.raises(InvalidRequestError, match=f"globalStatus: {status} is not a status that can be set"):
            await deposit.update_folder(office, depositor(), view.folder.id, status)


async def test_only_a_folder_that_was_never_completed_can_be_deleted(office: Office, tmp_path: Path) -> None:
    view = await created(office)
    await filled(office, view)
    await deposit.delete_folder(office, depositor(), view.folder.id)
    assert kept_blobs(tmp_path / "blobs") == set()
    with pytest.raises(NotFoundError, match="Folder is not found"):
        await deposit.read_folder(office, depositor(), view.folder.id)
    kept = await deposited(office, NUMBER, "rennes")
    with pytest.raises(InvalidRequestError, match="only before its completion"):
        await deposit.delete_folder(office, depositor(), kept.folder.id)
    assert len(kept_blobs(tmp_path / "blobs")) == 2


async def test_a_folder_is_its_depositors(office: Office) -> None:
    view = await deposited(office, NUMBER, "brest")
    for caller in (STRANGER, api_client("brest"), sftp_client("rennes"), replace(depositor(), process="CERTDC")):
        with pytest.raises(ForbiddenError, match="Unauthorized user"):
            await deposit.read_folder(office, caller, view.folder.id)
        with pytest.raises(ForbiddenError):
            await deposit.update_folder(office, caller, view.folder.id, "HUBEE_COMPLETED")
        with pytest.raises(ForbiddenError):
            await deposit.delete_folder(office, caller, view.folder.id)
    assert (await deposit.read_folder(office, ADMIN, view.folder.id)).folder.id == view.folder.id
    for verb in (deposit.read_folder, deposit.delete_folder):
        with pytest.raises(NotFoundError):
            await verb(office, depositor(), new_id())


async def test_numbers_of_depositors_may_repeat(office: Office) -> None:
    first, second = await deposited(office, NUMBER, "rennes"), await deposited(office, NUMBER, "rennes")
    names = [
        (await office.store.read(lambda tx, of=view: tx.deliveries.of_case(of.cases[0].id)))[0].archive_name  # type: ignore[misc]  # mypy infers no default
        for view in (first, second)
    ]
    assert names == [f"{NUMBER}-{PROCESS}-1.zip", f"{NUMBER}-{PROCESS}-2.zip"]
