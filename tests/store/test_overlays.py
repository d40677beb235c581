"""What a rehearsing door wrote of cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.blob import Blob
from gateway.domain.dossiers import AttachmentStatus, Case, EventStatus
from gateway.domain.identity import Mode, Partner
from gateway.domain.ids import new_id
from gateway.domain.rehearsals import Rehearsal, RehearsedCase, Way
from gateway.domain.statuses import Status, Step
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store.rows import BREST_API, DAY, NOW, SECOND, add_case, attachment, event

RUN = Rehearsal(new_id(), BREST_API.id, Mode.SFTP, 1, "ops", NOW, NOW + DAY)
BLOB = Blob("ab/key", 1, b"s" * 32, 7)


@pytest.fixture
async def case(seeded: AnyStore) -> Case:
    def verb(tx: Transaction) -> Case:
        tx.rehearsals.begin(RUN)
        return add_case(tx, BREST_API)

    return await seeded.write(verb)


async def test_a_case_keeps_its_status_and_the_way_to_it(seeded: AnyStore, case: Case) -> None:
    way = Way(Status.SENT, (Step(Status.SI_RECEIVED, inserted=True), Step(Status.DONE)))
    kept = RehearsedCase(case.id, Status.DONE, way)

    def verb(tx: Transaction) -> None:
        assert tx.overlays.case(RUN.id, case.id) is None
        tx.overlays.save_case(RUN.id, RehearsedCase(case.id, Status.SENT, Way(Status.SENT)))
        tx.overlays.save_case(RUN.id, kept)
        assert tx.overlays.case(RUN.id, case.id) == kept

    await seeded.write(verb)


async def test_events_are_kept_whole_and_oldest_first(seeded: AnyStore, case: Case) -> None:
    first = event(case, partner=Partner("Éditeur", "Appli", "1"), message="Reçu", status=EventStatus.IN_PROGRESS)
    second = event(case, created_at=first.created_at + SECOND, inserted=True)

    def verb(tx: Transaction) -> None:
        tx.overlays.save_event(RUN.id, second)
        tx.overlays.save_event(RUN.id, first)
        assert tx.overlays.events(RUN.id, case.id) == [first, second]
        tx.overlays.save_event(RUN.id, replace(first, status=EventStatus.SENT))
        assert tx.overlays.events(RUN.id, case.id)[0].status is EventStatus.SENT
        assert tx.overlays.case_of_event(RUN.id, first.id) == case.id
        assert tx.overlays.case_of_event(new_id(), first.id) is None
        tx.overlays.drop_event(second.id)
        assert [one.id for one in tx.overlays.events(RUN.id, case.id)] == [first.id]
        assert tx.events.of_case(case.id) == []

    await seeded.write(verb)


async def test_what_was_noted_of_the_depositors_events_and_of_answers(seeded: AnyStore, case: Case) -> None:
    known = new_id()

    def verb(tx: Transaction) -> None:
        tx.overlays.receive_event(RUN.id, case.id, known, NOW)
        tx.overlays.receive_event(RUN.id, case.id, known, NOW)
        tx.overlays.note_answer(RUN.id, new_id(), case.id, 1, b"d" * 32, NOW)
        assert tx.overlays.received(RUN.id, case.id) == {known}
        assert tx.overlays.answered(RUN.id, case.id, 1, b"d" * 32)
        assert not tx.overlays.answered(RUN.id, case.id, 2, b"d" * 32)
        assert not tx.overlays.answered(RUN.id, case.id, 1, b"e" * 32)
        assert tx.overlays.events(RUN.id, case.id) == []

    await seeded.write(verb)


async def test_the_bytes_of_its_files_are_held_until_it_ends(seeded: AnyStore, case: Case) -> None:
    posted = event(case)
    file = attachment(case.folder_id, posted.id)
    blob = replace(BLOB, size=file.size)

    def verb(tx: Transaction) -> None:
        tx.overlays.save_event(RUN.id, posted)
        tx.overlays.add_attachment(RUN.id, replace(file, status=AttachmentStatus.PENDING, blob=None), 0)
        assert tx.overlays.receive(file.id, AttachmentStatus.RECEIVED, blob)
        assert not tx.overlays.receive(new_id(), AttachmentStatus.RECEIVED, blob)
        kept = replace(file, status=AttachmentStatus.RECEIVED, blob=blob)
        assert tx.overlays.attachment(RUN.id, file.id) == kept
        assert tx.overlays.attachment(new_id(), file.id) is None
        assert tx.overlays.attachments_of_event(posted.id) == [kept]
        assert tx.overlays.attachments_of_case(RUN.id, case.id) == [kept]
        assert tx.attachments.get(file.id) is None
        assert tx.archives.referenced(blob.key)
        assert tx.rehearsals.end(RUN.id, "{}", NOW) == [blob.key]
        assert not tx.archives.referenced(blob.key)

    await seeded.write(verb)


async def test_an_events_files_go_with_it(seeded: AnyStore, case: Case) -> None:
    posted = event(case)

    def verb(tx: Transaction) -> None:
        tx.overlays.save_event(RUN.id, posted)
        tx.overlays.add_attachment(RUN.id, replace(attachment(case.folder_id, posted.id), blob=None), 0)
        tx.overlays.drop_event(posted.id)
        assert tx.overlays.attachments_of_case(RUN.id, case.id) == []

    await seeded.write(verb)
