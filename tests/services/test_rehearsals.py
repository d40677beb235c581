"""Dual runs: what a second door is shown and answered, what it writes nowhere else, and how the two compare."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.deliveries import Place
from gateway.domain.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Mode
from gateway.domain.rehearsals import Comparison, Likeness, Rehearsal
from gateway.domain.switches import InFlight, Switch
from gateway.services import cases, events, expire, inbox, rehearsals, switching, uploads
from gateway.services.once import Once, Replay
from gateway.services.uploads import NewUpload
from tests.services.people import BREST, BREST_API, DAY, DEPOSITOR, HOUR, OPERATOR, RENNES, RENNES_API
from tests.services.town import Town

FIRST = "A-1-EtatCivil-1.zip"


async def started(town: Town, to: str = RENNES, mode: Mode = Mode.API, lasting: timedelta = DAY) -> Rehearsal:
    town.clock.pass_by(HOUR)
    begun = await rehearsals.start(town.office, OPERATOR, town.subscriptions[to, "EtatCivil"].id, mode, lasting)
    assert not isinstance(begun, Replay)
    return begun


async def compared(town: Town, of: Rehearsal) -> Comparison:
    return await rehearsals.compare(town.office, OPERATOR, of.id)


async def test_a_rehearsing_api_is_shown_what_is_open_and_what_comes_and_the_owner_keeps_it(town: Town) -> None:
    await town.deposit("A-1")
    await started(town)
    await town.deposit("A-2")
    assert [one.fetched for one in await town.inbox(RENNES_API)] == [False, False]
    assert len(await town.listing()) == 2
    await town.dismissed(RENNES_API)
    assert await town.inbox(RENNES_API) == []
    assert len(await town.listing()) == 2


async def test_what_the_rehearsing_api_says_reaches_nobody_and_is_read_by_it_alone(town: Town) -> None:
    view = await town.deposit()
    await started(town)
    case = view.cases[0].id
    await town.read_all(RENNES_API, view)
    await cases.set_status(town.office, RENNES_API, case, "SI_RECEIVED")
    await town.attach(RENNES_API, view, new_status="DONE", notification=True)
    shown = await cases.read_case(town.office, RENNES_API, case)
    assert (shown.case.status, [one.event.new_status for one in shown.events]) == ("DONE", ["SI_RECEIVED", "DONE"])
    assert [len(one.attachments) for one in shown.events] == [0, 1]
    assert (await town.case_status(view), await town.states(view)) == ("HUBEE_NOTIFIED", ["READY"])
    assert await town.events(view) == []
    assert await town.told() == []


async def test_what_the_owner_has_settled_is_still_to_be_rehearsed_as_it_was(town: Town) -> None:
    await started(town)
    view = await town.deposit()
    opened = await town.fetch(FIRST)
    await town.move(opened)
    await town.answer(code=100)
    assert await town.case_status(view) != "HUBEE_NOTIFIED"
    (note,) = await town.inbox(RENNES_API)
    assert not note.fetched
    shown = await cases.read_case(town.office, RENNES_API, view.cases[0].id)
    assert (shown.case.status, shown.events) == ("HUBEE_NOTIFIED", ())


async def test_two_systems_that_do_the_same_are_equal(town: Town) -> None:
    running = await started(town)
    view = await town.deposit()
    assert (await compared(town, running)).totals == {"equal": 0, "different": 0, "pending": 1}
    await town.move(await town.fetch(FIRST))
    await town.answer(code=16)
    real = await town.case_status(view)
    assert (await compared(town, running)).rows[0].differences == ("fetched by SFTP only",)
    await town.read_all(RENNES_API, view)
    (row,) = (await compared(town, running)).rows
    assert (row.likeness, row.differences[0]) == (
        Likeness.PENDING,
        f"last status {real} by SFTP, HUBEE_NOTIFIED by API",
    )
    await cases.set_status(town.office, RENNES_API, view.cases[0].id, "SI_RECEIVED")
    await cases.set_status(town.office, RENNES_API, view.cases[0].id, real)
    (row,) = (await compared(town, running)).rows
    assert (row.likeness, row.differences, row.archive) == (Likeness.EQUAL, (), FIRST)


async def test_another_end_or_a_mandatory_status_left_out_is_different(town: Town) -> None:
    running = await started(town)
    views = [await town.deposit(number) for number in ("A-1", "A-2")]
    for number, view, end in zip(("A-1", "A-2"), views, ("REFUSED", "DONE"), strict=True):
        await town.move(await town.fetch(f"{number}-EtatCivil-1.zip"))
        await town.answer(number, code=100, name=f"{number}.zip")
        await town.read_all(RENNES_API, view)
        await cases.set_status(town.office, RENNES_API, view.cases[0].id, end)
    found = await compared(town, running)
    left_out = "SI_RECEIVED was neither set nor inserted by API"
    assert [row.differences for row in found.of(Likeness.DIFFERENT)] == [
        ("last status DONE by SFTP, REFUSED by API", left_out),
        (left_out,),
    ]


async def test_the_result_stays_when_the_overlay_goes(town: Town) -> None:
    view = await town.deposit()
    before = await town.keys()
    running = await started(town)
    await town.attach(RENNES_API, view, new_status="DONE")
    assert len(await town.keys()) == len(before) + 1
    ended = await rehearsals.end(town.office, OPERATOR, town.subscriptions[RENNES, "EtatCivil"].id)
    assert [row.likeness for row in ended.rows] == [Likeness.DIFFERENT]
    assert await compared(town, running) == ended
    assert await town.keys() == before
    assert await town.inbox(RENNES_API) == []
    assert (await cases.read_case(town.office, RENNES_API, view.cases[0].id)).events == ()
    with pytest.raises(NotFoundError, match="Case"):
        await cases.set_status(town.office, RENNES_API, view.cases[0].id, "DONE")
    lines = [*await town.lines("rehearsal.started"), *await town.lines("rehearsal.ended")]
    assert [line.detail["rehearsal"] for line in lines] == [running.id, running.id]
    assert lines[1].detail["different"] == 1


async def test_one_whose_time_is_over_is_ended(town: Town) -> None:
    await town.deposit()
    running = await started(town)
    assert await rehearsals.end_due(town.office) == 0
    town.clock.pass_by(DAY)
    assert await rehearsals.end_due(town.office) == 1
    assert await rehearsals.end_due(town.office) == 0
    found = await rehearsals.latest(town.office, OPERATOR, running.subscription_id)
    assert (found.rehearsal.ended_at, found.totals["pending"]) == (town.clock(), 1)


async def test_a_switch_ends_it_with_its_result_and_carries_what_is_open(town: Town) -> None:
    view = await town.deposit()
    running = await started(town)
    await town.dismissed(RENNES_API)
    await switching.switch(town.office, OPERATOR, running.subscription_id, Switch(Mode.API))
    assert [row.likeness for row in (await compared(town, running)).rows] == [Likeness.DIFFERENT]
    assert len(await town.inbox(RENNES_API)) == 1
    assert await town.states(view) == ["READY"]
    await town.dismissed(RENNES_API)
    assert await town.states(view) == ["ACCEPTED"]


async def test_it_is_for_operators_one_at_a_time_and_for_another_mode_than_the_owner(town: Town) -> None:
    known = town.subscriptions[RENNES, "EtatCivil"].id
    with pytest.raises(ForbiddenError):
        await rehearsals.start(town.office, RENNES_API, known, Mode.API, DAY)
    with pytest.raises(InvalidRequestError, match="SFTP owns the subscription") as refused:
        await rehearsals.start(town.office, OPERATOR, known, Mode.SFTP, timedelta(0))
    assert len(refused.value.faults) == 2
    with pytest.raises(NotFoundError):
        await rehearsals.end(town.office, OPERATOR, known)
    await started(town)
    with pytest.raises(ConflictError, match="in which API rehearses"):
        await started(town, mode=Mode.PORTAIL)


async def test_it_does_not_begin_before_a_drain_is_over(town: Town) -> None:
    await town.deposit()
    known = town.subscriptions[RENNES, "EtatCivil"].id
    await switching.switch(town.office, OPERATOR, known, Switch(Mode.API, in_flight=InFlight.DRAIN, drain_for=2 * HOUR))
    with pytest.raises(ConflictError, match="A drain is under way"):
        await started(town, mode=Mode.SFTP)
    town.clock.pass_by(HOUR)
    await started(town, mode=Mode.SFTP)


async def test_sftp_practises_the_way_back(town: Town) -> None:
    await town.switch(RENNES, Mode.API)
    view = await town.deposit()
    running = await started(town, mode=Mode.SFTP)
    assert await town.listing() == [FIRST]
    opened = await town.fetch(FIRST)
    assert opened.rehearsed
    assert not opened.owned
    await town.move(opened)
    assert await town.listing() == []
    assert await town.placed(Place.DONE) == [FIRST]
    answered = await town.answer(code=16)
    again = await town.answer(code=16, name="again.zip")
    assert (answered.state, answered.error, again.state) == ("TAKEN", None, "DUPLICATE")
    assert (await town.answer("X-9", code=16, name="unknown.zip")).state == "REFUSED"
    assert (await town.case_status(view), await town.states(view)) == ("HUBEE_NOTIFIED", ["READY"])
    assert (await town.events(view), await town.told()) == ([], [])
    assert len(await town.inbox(RENNES_API)) == 1
    found = await compared(town, running)
    assert found.rows[0].differences == ("fetched by SFTP only",)
    await rehearsals.end(town.office, OPERATOR, running.subscription_id)
    assert await town.placed(Place.DONE) == []
    with pytest.raises(NotFoundError):
        await town.move(opened, name="again.zip")


async def test_the_same_answer_counts_after_the_dual_run(town: Town) -> None:
    await town.switch(RENNES, Mode.API)
    view = await town.deposit()
    running = await started(town, mode=Mode.SFTP)
    await town.answer(code=16)
    await switching.switch(town.office, OPERATOR, running.subscription_id, Switch(Mode.SFTP))
    assert (await town.answer(code=16, name="real.zip")).state == "TAKEN"
    assert await town.states(view) == ["ACCEPTED"]


async def test_others_are_not_in_it(town: Town) -> None:
    await town.deposit("A-1", (BREST,))
    await started(town)
    assert len(await town.inbox(BREST_API)) == 1
    await town.dismissed(BREST_API)
    assert await town.inbox(BREST_API) == []


async def test_what_was_asked_under_a_key_in_a_dual_run_is_done_when_it_is_asked_again_after_it(town: Town) -> None:
    view = await town.deposit()
    running = await started(town)
    once = Once("k", b"r" * 32, str)
    (note,) = await town.inbox(RENNES_API)
    for _ in range(2):
        await cases.set_status(town.office, RENNES_API, view.cases[0].id, "SI_RECEIVED", once=once)
        await inbox.acknowledge(town.office, RENNES_API, [note.id], replace(once, key="n"))
    await switching.switch(town.office, OPERATOR, running.subscription_id, Switch(Mode.API))
    again = await inbox.acknowledge(town.office, RENNES_API, [note.id], replace(once, key="n"))
    assert not isinstance(again, Replay)
    assert await town.states(view) == ["ACCEPTED"]
    assert await cases.set_status(town.office, RENNES_API, view.cases[0].id, "SI_RECEIVED", once=once) is None
    assert await town.case_status(view) == "SI_RECEIVED"


async def test_the_webhook_is_called_and_waiters_wake_as_for_an_owner(town: Town) -> None:
    await town.change_subscription(RENNES, webhook="https://rennes.example.org/hook")
    running = await started(town)
    await town.deposit()
    calls = await town.store.read(lambda tx: tx.outbox.of_subscription(running.subscription_id, None, "", 10))
    assert len(calls) == 1
    assert RENNES in await town.store.read(lambda tx: tx.notifications.arrived(running.id))


async def test_another_dual_run_needs_another_reading(town: Town) -> None:
    view = await town.deposit()
    for _ in range(2):
        running = await started(town)
        assert [one.fetched for one in await town.inbox(RENNES_API)] == [False]
        await town.read_all(RENNES_API, view)
        assert [one.fetched for one in await town.inbox(RENNES_API)] == [True]
        assert (await compared(town, running)).rows[0].differences == ("fetched by API only",)
        await rehearsals.end(town.office, OPERATOR, running.subscription_id)
    assert {line.entry for line in await town.lines()} >= {"delivery.served"}
    assert await town.lines("delivery.fetched") == []


async def test_what_expired_meanwhile_is_rehearsed_all_the_same(town: Town) -> None:
    """An expiry is the owner's: the door that rehearses is still shown the delivery, and what it reads is compared."""
    view = await town.deposit()
    running = await started(town, lasting=100 * DAY)
    town.clock.pass_by(90 * DAY)
    assert await expire.expire_due(town.office) == 1
    assert await town.states(view) == ["EXPIRED"]
    assert [one.fetched for one in await town.inbox(RENNES_API)] == [False]
    await town.read_all(RENNES_API, view)
    assert [one.fetched for one in await town.inbox(RENNES_API)] == [True]
    assert (await compared(town, running)).rows[0].differences == ("fetched by API only",)
    assert len(await town.lines("delivery.served")) == 1
    assert await town.states(view) == ["EXPIRED"]


async def test_uploads_in_parts_are_not_rehearsed(town: Town) -> None:
    view = await town.deposit()
    await started(town)
    event = await town.attach(RENNES_API, view, send=False)
    case = view.cases[0].id
    (file,) = (await events.read_event(town.office, RENNES_API, case, event.id)).attachments
    new = NewUpload(file.size, file.id, case_id=case, event_id=event.id)
    with pytest.raises(InvalidRequestError, match="put whole"):
        await uploads.begin(town.office, RENNES_API, new)


async def test_what_is_withdrawn_is_withdrawn_for_both(town: Town) -> None:
    view = await town.deposit()
    running = await started(town)
    await cases.set_status(town.office, RENNES_API, view.cases[0].id, "DONE")
    await town.fetch(FIRST)
    await cases.set_status(town.office, DEPOSITOR, view.cases[0].id, "HUBEE_NOTIFIED")
    shown = await cases.read_case(town.office, RENNES_API, view.cases[0].id)
    assert shown.case.status == "HUBEE_NOTIFIED"
    assert [one.sequence for one in await town.inbox(RENNES_API)] == [1, 2]
    await town.deposit("A-2")
    assert len((await compared(town, running)).rows) == 3
