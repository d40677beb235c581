"""How the two sides of a dual run compare."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.domain.deliveries import DeliveryState
from gateway.domain.dossiers import ActionType, Event, EventStatus
from gateway.domain.identity import Mode
from gateway.domain.rehearsals import Likeness, Side, Way, compare, touched, way_of
from gateway.domain.statuses import Status, Step

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NOTIFIED = Status.HUBEE_NOTIFIED
A, B = b"a" * 32, b"b" * 32


def way(*statuses: Status, begun: Status = NOTIFIED) -> Way:
    return Way(begun, tuple(Step(status) for status in statuses))


def side(*statuses: Status, fetched: bool = True, digests: tuple[bytes, ...] = (A, B)) -> Side:
    return Side(fetched, frozenset(digests), way(*statuses))


DONE = side(Status.SI_RECEIVED, Status.DONE)


@pytest.mark.parametrize(
    ("one", "two", "running", "over"),
    [
        (DONE, DONE, Likeness.EQUAL, Likeness.EQUAL),
        (DONE, side(Status.SENT, Status.SI_RECEIVED, Status.DONE), Likeness.EQUAL, Likeness.EQUAL),
        (side(), side(), Likeness.EQUAL, Likeness.EQUAL),
        (side(fetched=False), side(fetched=False), Likeness.PENDING, Likeness.PENDING),
        (side(fetched=False), DONE, Likeness.PENDING, Likeness.DIFFERENT),
        (side(Status.SENT), DONE, Likeness.PENDING, Likeness.DIFFERENT),
        (side(Status.SI_RECEIVED, Status.REFUSED), DONE, Likeness.DIFFERENT, Likeness.DIFFERENT),
        (DONE, side(Status.DONE), Likeness.DIFFERENT, Likeness.DIFFERENT),
        (DONE, replace(DONE, digests=frozenset({A})), Likeness.DIFFERENT, Likeness.DIFFERENT),
    ],
)
def test_sides_are_equal_different_or_pending(one: Side, two: Side, running: Likeness, over: Likeness) -> None:
    for left, right in ((one, two), (two, one)):
        for ended, wanted in ((False, running), (True, over)):
            likeness, differences = compare(Status.SI_RECEIVED, (Mode.SFTP, left), (Mode.API, right), over=ended)
            assert likeness is wanted
            assert (differences == ()) is (wanted is Likeness.EQUAL)


def test_what_differs_is_said_in_words() -> None:
    other = replace(side(Status.REFUSED), digests=frozenset({A}))
    _, told = compare(Status.SI_RECEIVED, (Mode.SFTP, DONE), (Mode.API, other), over=True)
    assert told == (
        f"not served whole to API: {B.hex()[:16]}",
        "last status DONE by SFTP, REFUSED by API",
        "SI_RECEIVED was neither set nor inserted by API",
    )
    assert compare(None, (Mode.SFTP, DONE), (Mode.API, side(Status.DONE)), over=True) == (Likeness.EQUAL, ())


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (way(Status.SENT), True),
        (way(Status.SI_RECEIVED), True),
        (way(Status.SI_INTG_ERROR), True),
        (way(Status.DONE), False),
        (way(Status.DONE, begun=Status.SI_RECEIVED), True),
        (Way(NOTIFIED, (Step(Status.SI_RECEIVED, inserted=True), Step(Status.DONE))), True),
    ],
)
def test_the_mandatory_status_is_set_inserted_or_was_not_due(found: Way, kept: bool) -> None:
    assert found.keeps(Status.SI_RECEIVED) is kept


def test_a_way_is_made_of_changes_that_were_sent() -> None:
    def event(status: str | None, *, inserted: bool = False, state: EventStatus = EventStatus.SENT) -> Event:
        action = ActionType.STATUS_UPDATE
        return Event("e", "c", "SI", action, state, NOW, NOW, new_status=status, inserted=inserted)

    said = [
        event("HUBEE_NOTIFIED"),
        event("SENT"),
        event(None),
        event("SENT"),
        event("REFUSED", state=EventStatus.IN_PROGRESS),
        event("SI_RECEIVED", inserted=True),
        event("DONE"),
    ]
    found = way_of(NOTIFIED, said)
    assert found.set == (Step(Status.SENT), Step(Status.SI_RECEIVED, inserted=True), Step(Status.DONE))
    assert (found.last, found.ended, way().last, way().ended) == (Status.DONE, True, NOTIFIED, False)


def test_what_is_settled_unread_was_touched_and_what_expired_was_not() -> None:
    assert touched(DeliveryState.ACCEPTED, None)
    assert touched(DeliveryState.EXPIRED, NOW)
    assert not touched(DeliveryState.EXPIRED, None)
    assert not touched(DeliveryState.READY, None)
