"""The time line of a folder."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.domain.ids import new_id
from gateway.services import timeline
from tests.services.people import BREST, BREST_API, DEPOSITOR, OPERATOR, OTHER_DEPOSITOR, RENNES
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
