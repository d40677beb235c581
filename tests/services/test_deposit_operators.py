"""Who hands in folders, and that external ids are the depositors' own affair."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.dossiers import Applicant
from gateway.domain.errors import ForbiddenError
from gateway.domain.identity import Caller, OrganizationId
from gateway.services import cases, deposit
from gateway.services.deposit import FolderView, NewAttachment, NewCase, NewFolder
from tests.services.people import BREST, BREST_API, DEPOSITOR, OPERATOR, OTHER_DEPOSITOR, RENNES, RENNES_API
from tests.services.town import Town

FOLDER = NewFolder(
    "CERTDC",
    "A-1",
    Applicant("Zoé", "Noël-d'Été"),
    (NewCase("A-1/1", OrganizationId.parse(RENNES)), NewCase("A-1/1", OrganizationId.parse(BREST))),
    (NewAttachment("acte.pdf", "VA_CertificatdeDeces", 4, "application/pdf", ("A-1/1",)),),
)


@pytest.mark.parametrize(
    "caller",
    [BREST_API, RENNES_API, replace(DEPOSITOR, process="EtatCivil"), replace(OPERATOR, process="EtatCivil")],
    ids=lambda one: one.actor,
)
async def test_recipients_and_clients_of_other_processes_hand_in_nothing(town: Town, caller: Caller) -> None:
    with pytest.raises(ForbiddenError):
        await deposit.create_folder(town.office, caller, FOLDER)
    assert await town.lines() == []


async def test_every_operator_hands_in_to_a_process_that_has_none(town: Town) -> None:
    for caller in (DEPOSITOR, OTHER_DEPOSITOR, OPERATOR):
        view = await deposit.create_folder(town.office, caller, FOLDER)
        assert isinstance(view, FolderView)
        assert view.folder.depositor == caller.organization


async def test_two_cases_of_a_folder_may_have_one_external_id_and_show_the_same(town: Town) -> None:
    await town.change_process("CERTDC", osl=DEPOSITOR.organization)
    view = await deposit.create_folder(town.office, DEPOSITOR, FOLDER)
    assert isinstance(view, FolderView)
    (attachment,) = view.attachments
    assert view.recipients == {attachment.id: ("A-1/1",)}
    assert await deposit.read_folder(town.office, DEPOSITOR, view.folder.id) == view
    for case in view.cases:
        assert (await cases.read_case(town.office, DEPOSITOR, case.id)).attachments == (attachment,)
