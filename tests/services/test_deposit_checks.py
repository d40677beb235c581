"""All that speaks against a folder, whatever part of it could be read."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.errors import ForbiddenError
from gateway.domain.identity import OrganizationId
from gateway.services import deposit
from gateway.services.deposit_checks import AttachmentDraft, CaseDraft, FolderDraft
from tests.services.people import DEPOSITOR, OTHER_DEPOSITOR, RENNES
from tests.services.town import Town

NOBODY = OrganizationId("SI", "00000000000001", "1")
OUR = OrganizationId.parse(RENNES)


def draft(**changes: Any) -> FolderDraft:
    file = AttachmentDraft("ActeEtatCivil-PDF", 1, "application/pdf", ("a",))
    return FolderDraft(**({"process": "EtatCivil", "cases": (CaseDraft("a", OUR),), "attachments": (file,)} | changes))


async def test_a_sound_folder_has_no_faults(town: Town) -> None:
    assert await deposit.check_folder(town.office, DEPOSITOR, draft()) == []


async def test_faults_of_process_recipients_and_files_come_together(town: Town) -> None:
    cases = (CaseDraft("a", NOBODY), CaseDraft("b", OUR))
    files = (AttachmentDraft("Photo", 2**40, "image/png", ("c",)),)
    found = await deposit.check_folder(town.office, DEPOSITOR, draft(process="NONE", cases=cases, attachments=files))
    assert found == [
        "Process NONE does not exist",
        f"Case recipient {NOBODY} does not exist",
        "attachments[0].recipients: no case of the folder has externalId c",
        "cases: no attachment is for the case a",
        "cases: no attachment is for the case b",
        f"attachments[0].size: must be between 1 and {2**30} bytes",
    ]
    found = await deposit.check_folder(town.office, DEPOSITOR, draft(cases=cases, attachments=files))
    assert [fault.partition(":")[0] for fault in found[-3:]] == [
        "attachments[0].type",
        "attachments[0].mimeType",
        "attachments[0].size",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"process": None},
        {"cases": None},
        {"attachments": None},
        {"cases": (CaseDraft(None, OUR),)},
        {"cases": (CaseDraft("a", None),)},
        {"attachments": (AttachmentDraft(None, None, None, None),)},
        {"attachments": (AttachmentDraft("ActeEtatCivil-PDF", 1, "application/pdf", (None,)),)},
    ],
)
async def test_nothing_is_said_of_what_was_not_understood(town: Town, changes: dict[str, Any]) -> None:
    assert await deposit.check_folder(town.office, DEPOSITOR, draft(**changes)) == []


async def test_an_archive_that_cannot_be_measured_has_to_be_on_the_list(town: Town) -> None:
    files = tuple(AttachmentDraft("A", 1, kind, ("a",)) for kind in ("application/gzip", "Application/X-7z-Compressed"))
    await town.change_process("EtatCivil", attachment_types=(), attachment_formats=())
    found = await deposit.check_folder(town.office, DEPOSITOR, draft(attachments=files))
    assert found == ["attachments[1].mimeType: Application/X-7z-Compressed is not allowed by EtatCivil"]
    await town.change_process(
        "EtatCivil", attachment_types=(), attachment_formats=tuple(one.mime_type for one in files)
    )
    assert await deposit.check_folder(town.office, DEPOSITOR, draft(attachments=files)) == []


async def test_anothers_process_is_none_of_the_callers_whatever_else_is_wrong(town: Town) -> None:
    with pytest.raises(ForbiddenError):
        await deposit.check_folder(town.office, OTHER_DEPOSITOR, draft(cases=None))
