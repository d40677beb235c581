"""Changes that hold only for what the client has seen; on both engines."""

from __future__ import annotations

import pytest

from gateway.domain.errors import ConflictError
from gateway.services import cases, deposit, events
from gateway.services.once import Once, Replay
from gateway.services.precondition import Precondition
from tests.services.people import BREST, BREST_API, DEPOSITOR, both
from tests.services.town import Town

NEVER = Precondition(lambda view: False)


def test_a_conflict_names_the_present_status() -> None:
    Precondition(lambda view: bool(view == 7)).check(7, "The case", "SENT")
    with pytest.raises(ConflictError, match="its status is SENT") as refused:
        Precondition(lambda view: bool(view == 7)).check(8, "The case", "SENT")
    assert refused.value.state == {"status": "SENT"}


async def test_what_has_changed_since_is_left_as_it_is(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    case, folder = view.cases[0].id, view.folder.id
    event = await town.say(DEPOSITOR, view, message="bonjour")
    with pytest.raises(ConflictError, match="HUBEE_NOTIFIED"):
        await cases.set_status(town.office, BREST_API, case, "DONE", expected=NEVER)
    with pytest.raises(ConflictError, match="HUBEE_NOTIFIED"):
        await deposit.update_folder(town.office, DEPOSITOR, folder, "CLOSED", expected=NEVER)
    with pytest.raises(ConflictError, match="SENT"):
        await events.set_event_status(town.office, BREST_API, case, event.id, "RECEIVED", expected=NEVER)
    assert await town.case_status(view) == "HUBEE_NOTIFIED"
    assert await town.folder_status(view) == "HUBEE_NOTIFIED"
    assert [one.status for one in await town.events(view)] == ["SENT"]


async def test_of_two_that_saw_the_same_one_changes_it(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    case = view.cases[0].id
    seen = await cases.read_case(town.office, BREST_API, case)
    expected = Precondition(lambda found: bool(found == seen))
    said = await both(
        cases.set_status(town.office, BREST_API, case, "DONE", expected=expected),
        cases.set_status(town.office, BREST_API, case, "REFUSED", expected=expected),
    )
    assert sorted(type(one).__name__ for one in said) == ["ConflictError", "NoneType"]
    assert len(await town.events(view)) == 1


async def test_a_repetition_gets_its_answer_though_the_object_has_changed_by_the_first(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    case = view.cases[0].id
    seen = await cases.read_case(town.office, BREST_API, case)
    expected = Precondition(lambda found: bool(found == seen))
    once = Once("k", b"asked", lambda view: "")
    assert await cases.set_status(town.office, BREST_API, case, "DONE", expected=expected, once=once) is None
    again = await cases.set_status(town.office, BREST_API, case, "DONE", expected=expected, once=once)
    assert again == Replay("")
    with pytest.raises(ConflictError, match="Idempotency-Key"):
        await cases.set_status(town.office, BREST_API, case, "SENT", once=Once("k", b"other", lambda view: ""))
