"""The sentences about a wrong body."""

import pytest
from pydantic_core import ErrorDetails

from gateway.api.faults import sentences


def detail(kind: str, place: tuple[int | str, ...], value: object, **context: object) -> ErrorDetails:
    return {"type": kind, "loc": place, "input": value, "msg": "what {pydantic} says", "ctx": context}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (detail("json_invalid", (), "", error="EOF"), "@body: Malformed JSON: EOF"),
        (detail("missing", ("cases", 2, "id"), {}), '@body.cases[2]: Object has missing required properties (["id"])'),
        (
            detail("string_type", ("a",), 5),
            '@body.a: Instance type (integer) does not match any allowed primitive type (allowed: ["string"])',
        ),
        (
            detail("bool_type", ("a",), None),
            '@body.a: Instance type (null) does not match any allowed primitive type (allowed: ["boolean"])',
        ),
        (
            detail("int_type", ("a",), True),
            '@body.a: Instance type (boolean) does not match any allowed primitive type (allowed: ["integer"])',
        ),
        (detail("string_too_long", ("a",), "abc", max_length=2), "(length: 3, maximum allowed: 2)"),
        (detail("string_too_short", ("a",), "", min_length=1), "(length: 0, required minimum: 1)"),
        (detail("too_short", ("a",), [], min_length=1), "must have at least 1 elements but instance has 0 elements"),
        (detail("string_pattern_mismatch", ("a",), "x", pattern="^[0-9]{14}$"), "the pattern ^[0-9]{14}$"),
        (detail("timezone_aware", ("a",), "x"), "date-time with offset"),
        (detail("greater_than_equal", ("a",), 0, ge=1), "the required minimum 1"),
        (detail("something_new", ("a",), "x"), "@body.a: what {pydantic} says"),
    ],
)
def test_a_fault_is_told_in_words(error: ErrorDetails, sentence: str) -> None:
    (said,) = sentences([error])
    assert sentence in said
    assert said.startswith("@body")
