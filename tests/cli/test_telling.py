from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.cli.telling import told
from gateway.domain.deliveries import DeliveryKind, Gesture
from gateway.domain.journal import Entry, Line

AT = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def line(entry: str, detail: Any = None) -> Line:
    return Line(7, AT, entry, "SFTP", "town", "SI-1", "folder", "case", None, None, None, None, detail, None)


@pytest.mark.parametrize("entry", list(Entry))
@pytest.mark.parametrize("detail", [None, {}, [], {"gesture": "unheard-of", "to": None, "kind": "?"}])
def test_every_entry_can_be_told_whatever_its_detail(entry: Entry, detail: Any) -> None:
    assert told(line(entry, detail)).what


@pytest.mark.parametrize("gesture", list(Gesture))
def test_every_gesture_has_words(gesture: Gesture) -> None:
    assert told(line(Entry.DELIVERY_ACCEPTED, {"gesture": gesture})).what.startswith("accepted: ")


@pytest.mark.parametrize("kind", list(DeliveryKind))
def test_every_publication_has_words(kind: DeliveryKind) -> None:
    what = told(line(Entry.DELIVERY_PUBLISHED, {"kind": kind, "archive": "A-1.zip"})).what
    assert what.endswith(" as A-1.zip")
    assert not what.startswith("published as")  # what is said of a kind without words


@pytest.mark.parametrize(
    ("entry", "detail", "what"),
    [
        (Entry.CASE_STATUS, {"from": "SENT", "to": "DONE"}, "status SENT → DONE"),
        (Entry.CASE_STATUS, {"from": "SENT", "to": "X", "inserted": True}, "status SENT → X (recorded on the way)"),
        (Entry.FOLDER_CREATED, {"cases": 2, "attachments": 1}, "handed in: 2 cases, 1 attachment"),
        (Entry.DELIVERY_ACCEPTED, {"gesture": "delete", "unread": True}, "accepted: deleted after reading"),
        (Entry.ANSWER_TAKEN, {"code": 19}, "answer taken in, code 19"),
        ("a.later-entry", {}, "a later-entry"),
    ],
)
def test_lines_in_words(entry: str, detail: dict[str, object], what: str) -> None:
    assert told(line(entry, detail)).what.startswith(what)


def test_times_are_those_of_paris() -> None:
    one = told(line(Entry.CASE_STATUS))
    assert (one.at.isoformat(), one.who, one.door, one.case_id) == ("2026-07-01T12:00:00+02:00", "town", "SFTP", "case")
