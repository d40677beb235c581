"""Why an answer is refused: a code for the journal, French and English for its error file."""

from __future__ import annotations

import pytest

from gateway.domain.statuses import Status
from gateway.pec.refusals import refusal
from gateway.services import refusals
from gateway.services.refusals import Refusal


@pytest.mark.parametrize(
    ("found", "code", "says"),
    [
        (refusals.unreadable(refusal("doctype")), refusal("doctype").reason_code, ["DOCTYPE"]),
        (refusals.unknown_number("A-9"), "unknown-number", ["A-9"]),
        (refusals.ambiguous("A-9"), "ambiguous-number", ["A-9"]),
        (refusals.unknown_code(42), "unknown-code", ["42", "100"]),
        (
            refusals.forbidden(Status.DONE, Status.REFUSED, {Status.SENT, Status.CLOSED}),
            "forbidden-change",
            ["DONE", "REFUSED", "CLOSED, SENT"],
        ),
        (refusals.forbidden(Status.DONE, Status.REFUSED, set()), "forbidden-change", ["—"]),
        (refusals.incomplete(), "incomplete", []),
    ],
)
def test_each_reason_says_the_same_in_both_languages(found: Refusal, code: str, says: list[str]) -> None:
    assert found.code == code
    for text in says:
        assert text in found.french
        assert text in found.english
    assert found.french != found.english


def test_what_was_withheld_is_named() -> None:
    french, english = refusals.withheld(["photo.png", "x.exe"], message=True)
    for text in (french, english):
        assert "photo.png, x.exe" in text
    assert "commentaire" in french
    assert "comment" in english
    french, english = refusals.withheld(["photo.png"], message=False)
    assert "commentaire" not in french
    assert "comment" not in english
