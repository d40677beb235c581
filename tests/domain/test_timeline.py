"""What each side of a case may read of its journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.domain.journal import Entry, Line
from gateway.domain.timeline import DEPOSITORS, RECIPIENTS, Reader, Side, step

OSL, RENNES, VANNES = "OSL-13000918600011-00000", "SI-21350238800019-35238", "SI-21560260400013-56260"
GATEWAY = "ADMIN-00000000000000-00000"
LINE = Line(
    seq=7,
    at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    entry=Entry.DELIVERY_ACCEPTED,
    door="SFTP",
    actor="rennes",
    organization=RENNES,
    folder_id="f",
    case_id="c",
    delivery_id="d",
    subscription_id="s",
    epoch=1,
    digest="00",
    detail={"gesture": "rename", "unread": True, "archive": "A-1.zip", "answer": "x"},
    commitment=None,
)
READERS = {"depositor": OSL, "recipient": RENNES, "operator": None}


def reader(who: str) -> Reader:
    return Reader(READERS[who], OSL, RENNES, GATEWAY)


@pytest.mark.parametrize(
    ("by", "who", "side", "organization", "actor"),
    [
        (RENNES, "depositor", Side.RECIPIENT, RENNES, None),
        (RENNES, "recipient", Side.RECIPIENT, RENNES, "rennes"),
        (RENNES, "operator", Side.RECIPIENT, RENNES, "rennes"),
        (OSL, "recipient", Side.DEPOSITOR, OSL, None),
        (OSL, "depositor", Side.DEPOSITOR, OSL, "rennes"),
        (VANNES, "depositor", Side.OTHER, None, None),
        (VANNES, "recipient", Side.OTHER, None, None),
        (VANNES, "operator", Side.OTHER, VANNES, "rennes"),
        (GATEWAY, "recipient", Side.GATEWAY, None, None),
        (GATEWAY, "operator", Side.GATEWAY, GATEWAY, "rennes"),
    ],
)
def test_a_side_knows_the_other_organization_and_no_names_within_it(
    by: str, who: str, side: Side, organization: str | None, actor: str | None
) -> None:
    found = step(replace(LINE, organization=by), reader(who))
    assert (found.side, found.organization, found.actor) == (side, organization, actor)
    assert (found.seq, found.entry, found.door, found.delivery_id) == (7, "delivery.accepted", "SFTP", "d")


def test_of_the_detail_only_words_of_the_rules_are_told() -> None:
    assert step(LINE, reader("depositor")).detail == {"gesture": "rename", "unread": True}
    assert step(replace(LINE, detail=None), reader("operator")).detail == {}


def test_what_a_recipient_did_in_vain_is_its_own_and_the_folder_is_the_depositors() -> None:
    assert {str(entry) for entry in DEPOSITORS - RECIPIENTS} == {
        "folder.created",
        "folder.completed",
        "folder.status",
        "attachment.received",
        "attachment.rejected",
        "attachment.corrupted",
    }
    assert {str(entry) for entry in RECIPIENTS - DEPOSITORS} == {
        "delivery.repeated",
        "delivery.refused",
        "delivery.placed",
        "answer.duplicate",
        "answer.refused",
    }
