"""What became of deliveries, by what the journal tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.domain.fates import Fate, Fates
from gateway.domain.journal import Entry, Line

START = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
OURS = "d-1"


def line(
    seq: int, entry: Entry, door: str = "SFTP", actor: str = "rennes", delivery: str = OURS, **detail: Any
) -> Line:
    at = START + timedelta(minutes=seq)
    return Line(seq, at, entry, door, actor, "SI-1", "f", "c", delivery, "s", 1, None, detail or None, None)


PUBLISHED = line(1, Entry.DELIVERY_PUBLISHED, "API", "depot", archive="A-1-EtatCivil-1.zip")


def told(*lines: Line) -> Fate:
    return found(PUBLISHED, *lines)[OURS]


def found(*lines: Line, since: int = 0) -> dict[str, Fate]:
    fates = Fates(since)
    for one in lines:
        fates.tell(one)
    return fates.found


def test_what_was_only_published_is_open() -> None:
    fate = told()
    assert (fate.archive, fate.published_at, fate.open) == ("A-1-EtatCivil-1.zip", PUBLISHED.at, True)
    assert (fate.open_at(1), fate.open_at(2)) == (False, True)


def test_an_acknowledgement_that_counted_closes_it() -> None:
    fate = told(line(2, Entry.DELIVERY_FETCHED), line(3, Entry.DELIVERY_ACCEPTED, gesture="rename"))
    (counted,) = fate.acknowledgements
    assert (counted.seq, counted.state, counted.door, counted.actor, counted.epoch, counted.gesture) == (
        3, "ACCEPTED", "SFTP", "rennes", 1, "rename",
    )  # fmt: skip
    assert (fate.open, fate.open_at(3), fate.open_at(4)) == (False, True, False)
    assert fate.served == [("SFTP", "rennes")]


def test_repetitions_and_refusals_count_for_nothing() -> None:
    fate = told(line(2, Entry.DELIVERY_REFUSED), line(3, Entry.DELIVERY_REPEATED), line(4, Entry.DELIVERY_PLACED))
    assert (fate.open, fate.acknowledgements) == (True, [])


def test_what_was_served_through_two_doors_is_seen() -> None:
    fate = told(
        line(2, Entry.DELIVERY_FETCHED),
        line(3, Entry.DELIVERY_SERVED, "API", "rennes-api"),
        line(4, Entry.DELIVERY_SERVED, "API", "rennes-api"),
        line(5, Entry.DELIVERY_REJECTED, "API", "rennes-api", gesture="integration-error"),
    )
    assert fate.served == [("SFTP", "rennes"), ("API", "rennes-api")]
    assert fate.served_doors == {"SFTP", "API"}
    assert fate.acknowledgements[0].state == "REJECTED"


def test_an_acceptance_by_reading_is_a_serving_too() -> None:
    assert told(line(2, Entry.DELIVERY_ACCEPTED, gesture="read")).served == [("SFTP", "rennes")]


def test_the_rule_by_which_it_left_is_named() -> None:
    for entry, rule in (
        (Entry.DELIVERY_EXPIRED, "EXPIRED"),
        (Entry.DELIVERY_WITHDRAWN, "WITHDRAWN"),
        (Entry.DELIVERY_MOVED, "MOVED"),
    ):
        fate = told(line(2, entry, "GATEWAY", "job"))
        assert (fate.left, fate.open, fate.open_at(2), fate.open_at(3)) == ((rule, 2), False, True, False)


def test_a_late_acknowledgement_takes_the_place_of_an_expiry() -> None:
    fate = told(line(2, Entry.DELIVERY_EXPIRED), line(3, Entry.DELIVERY_ACCEPTED, gesture="answer"))
    assert (fate.left, len(fate.acknowledgements)) == (None, 1)


def test_one_that_came_from_another_organization_begins_with_its_coming() -> None:
    came = found(line(7, Entry.DELIVERY_MOVED, "API", "admin", archive="B.zip", **{"from": "other"}))[OURS]
    assert (came.published_seq, came.archive, came.open) == (7, "B.zip", True)


def test_lines_about_what_was_published_elsewhere_are_left_out() -> None:
    assert found(line(2, Entry.DELIVERY_ACCEPTED, delivery="d-2")) == {}


def test_what_was_closed_before_a_line_is_left_out_unless_it_is_acknowledged_again() -> None:
    closed = (PUBLISHED, line(2, Entry.DELIVERY_ACCEPTED, gesture="rename"))
    assert found(*closed, line(9, Entry.DELIVERY_REPEATED), since=5) == {}
    assert list(found(*closed, since=2)) == [OURS]
    twice = found(*closed, line(9, Entry.DELIVERY_ACCEPTED, "API", gesture="dismiss"), since=5)
    assert len(twice[OURS].acknowledgements) == 2
    late = found(PUBLISHED, line(2, Entry.DELIVERY_EXPIRED), line(9, Entry.DELIVERY_ACCEPTED), since=5)
    assert (late[OURS].left, len(late[OURS].acknowledgements)) == (None, 1)


def test_one_that_expired_and_was_acknowledged_late_waited_until_it_expired() -> None:
    expired, late = line(3, Entry.DELIVERY_EXPIRED), line(6, Entry.DELIVERY_ACCEPTED, gesture="rename")
    fate = told(expired, late)
    assert (fate.state, fate.left) == ("ACCEPTED", None)
    assert (fate.open_at(3), fate.open_at(4), fate.open_at(6)) == (True, False, False)
    assert found(PUBLISHED, expired, late, since=5)[OURS].open_at(5) is False
