"""The time line of a folder."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.domain.ids import new_id
from gateway.services import timeline
from tests.services.people import BREST, BREST_API, DEPOSITOR, OPERATOR, OTHER_DEPOSITOR, RENNES, RENNES_API
from tests.services.town import Town


async def test_it_tells_what_happened_in_order_and_nothing_of_other_folders(town: Town) -> None:
    view = await town.deposit("A-1")
    await town.deposit("A-2")
    await town.move(await town.fetch("A-1-EtatCivil-1.zip"))
    await town.answer("A-1", 19, "vu")
    lines = await timeline.of_folder(town.office, DEPOSITOR, view.folder.id)
    assert [line.entry for line in lines] == [
        "folder.created",
        "attachment.received",
        "attachment.received",
        "folder.completed",
        "delivery.published",
        "delivery.fetched",
        "case.status",
        "delivery.accepted",
        "case.status",
        "case.status",
        "answer.taken",
    ]
    assert [line.seq for line in lines] == sorted(line.seq for line in lines)
    assert {line.folder_id for line in lines} == {view.folder.id}
    assert [line.detail for line in lines if line.entry == "case.status"] == [
        {"from": "HUBEE_NOTIFIED", "to": "SENT"},
        {"from": "SENT", "to": "SI_RECEIVED"},
        {"from": "SI_RECEIVED", "to": "DONE"},
    ]


async def test_no_line_holds_what_people_wrote_but_vouches_for_it(town: Town) -> None:
    view = await town.deposit(to=(BREST, RENNES))
    await town.say(DEPOSITOR, view, message="Madame Noël-d'Été habite ici")
    await town.say(BREST_API, view, message="Elle a déménagé")
    await town.answer("A-1", 19, "Acte de Zoé")
    payloads = await town.payloads()
    lines = {line.seq: line for line in await town.lines()}
    assert [lines[seq].entry for seq in sorted(payloads)] == ["event.posted", "event.posted", "answer.taken"]
    said = " ".join(payloads.values())
    for text in ("Noël-d'Été", "déménagé", "Acte de Zoé"):
        assert text in said
        assert text not in repr(lines)
    assert "zoe@example.org" not in repr(lines) + said
    assert all((line.commitment is not None) is (seq in payloads) for seq, line in lines.items())


async def test_it_is_the_depositors_and_the_operators(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    assert await timeline.of_folder(town.office, OPERATOR, view.folder.id)
    for caller in (OTHER_DEPOSITOR, BREST_API):
        with pytest.raises(ForbiddenError):
            await timeline.of_folder(town.office, caller, view.folder.id)
    with pytest.raises(NotFoundError):
        await timeline.of_folder(town.office, DEPOSITOR, new_id())


async def test_the_sides_of_a_case_read_what_happened_to_it(town: Town) -> None:
    view = await town.deposit("A-1", to=(RENNES, BREST))
    await town.move(await town.fetch("A-1-EtatCivil-1.zip", "shared"), username="shared")  # an account of Vannes
    case, others = (one.id for one in view.cases)
    told = {
        caller: await timeline.of_case(town.office, caller, case, 0, 100)
        for caller in (DEPOSITOR, RENNES_API, OPERATOR)
    }
    of_the_case = ["delivery.published", "delivery.fetched", "case.status", "delivery.accepted", "case.status"]
    assert [one.entry for one in told[RENNES_API]] == of_the_case
    assert [one.entry for one in told[DEPOSITOR]][:4] == [
        "folder.created",
        "attachment.received",
        "attachment.received",
        "folder.completed",
    ]
    assert [one.entry for one in told[DEPOSITOR]][4:] == of_the_case
    assert {one.seq for one in told[DEPOSITOR]} <= {one.seq for one in told[OPERATOR]}
    for reader in (DEPOSITOR, RENNES_API):
        fetched = next(one for one in told[reader] if one.entry == "delivery.fetched")
        assert (fetched.door, fetched.side, fetched.organization, fetched.actor) == ("SFTP", "other", None, None)
    assert any(one.actor == "shared" for one in told[OPERATOR])
    assert [one.entry for one in await timeline.of_case(town.office, BREST_API, others, 0, 100)] == [of_the_case[0]]
    for stranger in (OTHER_DEPOSITOR, BREST_API):
        with pytest.raises(ForbiddenError):
            await timeline.of_case(town.office, stranger, case, 0, 100)


async def test_a_case_is_read_in_pages(town: Town) -> None:
    view = await town.deposit("A-1")
    case = view.cases[0].id
    whole = await timeline.of_case(town.office, DEPOSITOR, case, 0, 100)
    first = await timeline.of_case(town.office, DEPOSITOR, case, 0, 2)
    assert first + await timeline.of_case(town.office, DEPOSITOR, case, first[-1].seq, 100) == whole


async def test_before_it_is_published_a_case_is_unknown_to_its_recipient(town: Town) -> None:
    view = await town.hand_in("A-1", to=(BREST,))
    with pytest.raises(NotFoundError):
        await timeline.of_case(town.office, BREST_API, view.cases[0].id, 0, 100)
