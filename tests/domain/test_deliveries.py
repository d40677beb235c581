"""The table of gestures, whole, and who owns a delivery."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.deliveries import (
    ACKNOWLEDGED,
    NEGATIVE,
    OPEN,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Gesture,
    Judgement,
    Verdict,
    counts,
    judge,
    owner,
    status_of,
)
from gateway.domain.identity import Door, Mode
from gateway.domain.statuses import Status

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FLAGS = list(itertools.product([False, True], repeat=4))  # fetched, republished, allow_unread, reading_accepts

REPEATS = Judgement(Verdict.REPEATS)
UNREAD = Judgement(Verdict.UNREAD)
FETCHED = Judgement(Verdict.MOVES, DeliveryState.FETCHED)
ACCEPTED = Judgement(Verdict.MOVES, DeliveryState.ACCEPTED)
ACCEPTED_UNREAD = Judgement(Verdict.MOVES, DeliveryState.ACCEPTED, unread=True)
REJECTED = Judgement(Verdict.MOVES, DeliveryState.REJECTED)

# Which gestures of the table end a delivery well or badly, and which need the archive to be read first.
ACCEPTING = {
    Gesture.RENAME,
    Gesture.DELETE,
    Gesture.ANSWER,
    Gesture.STATUS,
    Gesture.RECEIPT,
    Gesture.DISMISS,
    Gesture.OPEN_PAGE,
}
REJECTING = {Gesture.FAIL, Gesture.REFUSAL, Gesture.INTEGRATION_ERROR}
AFTER_READING = {Gesture.RENAME, Gesture.DELETE}


def still_open(state: DeliveryState, *, republished: bool) -> bool:
    """Open, or expired and not published again since: a late acknowledgement counts."""
    return state in ("READY", "FETCHED") or (state == "EXPIRED" and not republished)


@pytest.mark.parametrize("state", DeliveryState)
@pytest.mark.parametrize(("fetched", "republished", "allow_unread", "reading_accepts"), FLAGS)
def test_a_whole_reading(
    state: DeliveryState, fetched: bool, republished: bool, allow_unread: bool, reading_accepts: bool
) -> None:
    found = judge(
        Gesture.READ,
        state,
        fetched=fetched,
        republished=republished,
        allow_unread=allow_unread,
        reading_accepts=reading_accepts,
    )
    if reading_accepts:
        assert found == (ACCEPTED if still_open(state, republished=republished) else REPEATS)
    else:
        assert found == (FETCHED if state == "READY" else REPEATS)


@pytest.mark.parametrize("gesture", sorted(ACCEPTING))
@pytest.mark.parametrize("state", DeliveryState)
@pytest.mark.parametrize(("fetched", "republished", "allow_unread", "reading_accepts"), FLAGS)
def test_what_takes_a_delivery_in(
    gesture: Gesture,
    state: DeliveryState,
    fetched: bool,
    republished: bool,
    allow_unread: bool,
    reading_accepts: bool,
) -> None:
    found = judge(
        gesture,
        state,
        fetched=fetched,
        republished=republished,
        allow_unread=allow_unread,
        reading_accepts=reading_accepts,
    )
    if not still_open(state, republished=republished):
        assert found == REPEATS
    elif fetched:
        assert found == ACCEPTED
    elif gesture in AFTER_READING and not allow_unread:
        assert found == UNREAD
    else:
        assert found == ACCEPTED_UNREAD


@pytest.mark.parametrize("gesture", sorted(REJECTING))
@pytest.mark.parametrize("state", DeliveryState)
@pytest.mark.parametrize(("fetched", "republished", "allow_unread", "reading_accepts"), FLAGS)
def test_what_turns_a_delivery_down_needs_no_reading(
    gesture: Gesture,
    state: DeliveryState,
    fetched: bool,
    republished: bool,
    allow_unread: bool,
    reading_accepts: bool,
) -> None:
    found = judge(
        gesture,
        state,
        fetched=fetched,
        republished=republished,
        allow_unread=allow_unread,
        reading_accepts=reading_accepts,
    )
    assert found == (REJECTED if still_open(state, republished=republished) else REPEATS)


def test_every_gesture_and_state_is_in_one_of_these_tables() -> None:
    assert {Gesture.READ} | ACCEPTING | REJECTING == set(Gesture)
    assert NEGATIVE == REJECTING
    assert {DeliveryState.READY, DeliveryState.FETCHED} == OPEN
    assert {DeliveryState.ACCEPTED, DeliveryState.REJECTED} == ACKNOWLEDGED


@pytest.mark.parametrize(
    ("gesture", "status"),
    [
        (Gesture.READ, Status.SENT),
        (Gesture.RENAME, Status.SI_RECEIVED),
        (Gesture.DELETE, Status.SI_RECEIVED),
        (Gesture.FAIL, Status.SI_INTG_ERROR),
        (Gesture.OPEN_PAGE, Status.SI_RECEIVED),
        (Gesture.ANSWER, None),
        (Gesture.REFUSAL, None),
        (Gesture.STATUS, None),
        (Gesture.INTEGRATION_ERROR, None),
        (Gesture.RECEIPT, None),
        (Gesture.DISMISS, None),
    ],
)
def test_the_status_that_a_gesture_stands_for(gesture: Gesture, status: Status | None) -> None:
    assert status_of(gesture, Door.SFTP) is status
    assert status_of(gesture, Door.PORTAL) is status
    assert status_of(gesture, Door.API) is None  # its client says what it wants by itself


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("pinned", [None, *Mode])
def test_a_pin_owns_until_its_deadline_and_the_subscription_otherwise(mode: Mode, pinned: Mode | None) -> None:
    before, after = NOW - timedelta(milliseconds=1), NOW + timedelta(milliseconds=1)
    assert owner(mode, pinned, after, NOW) is (pinned or mode)
    assert owner(mode, pinned, NOW, NOW) is mode
    assert owner(mode, pinned, before, NOW) is mode
    assert owner(mode, pinned, None, NOW) is mode


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("door", Door)
def test_a_gesture_counts_through_the_owning_door_or_late_through_one_that_owned_it(door: Door, mode: Mode) -> None:
    assert counts(door, mode, late=False) is (door.mode is mode)
    assert counts(door, mode, late=True)


@pytest.mark.parametrize("state", DeliveryState)
def test_a_delivery_is_open_while_it_waits_for_its_recipient(state: DeliveryState) -> None:
    delivery = Delivery(
        id="id",
        case_id="case",
        subscription_id="subscription",
        process="EtatCivil",
        kind=DeliveryKind.PUBLICATION,
        state=DeliveryState.READY,
        number="A-1",
        sequence=1,
        publication=1,
        archive_name="A-1-EtatCivil-1.zip",
        archive_size=1,
        published_at=NOW,
    )
    assert replace(delivery, state=state).open is (state in OPEN)
