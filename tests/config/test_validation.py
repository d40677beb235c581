"""Each error of a model is told at the line and column that caused it."""

import enum
from datetime import date

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic.alias_generators import to_camel

from gateway.config.faults import ConfigurationError
from gateway.config.located import load
from gateway.config.validation import validate


class Kind(enum.StrEnum):
    A = "A"
    B = "B"


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)


class Login(Strict):
    user_name: str
    secret: SecretStr = SecretStr("")


class Key(Strict):
    public_key: str


class Entry(Strict):
    code: str = Field(max_length=5)
    kind: Kind = Kind.A
    since: date | None = None
    count: int = 0
    ratio: float = 0.0
    on: bool = True
    tags: tuple[str, ...] = ()
    by_code: dict[int, Kind] = Field(default_factory=dict)
    access: list[Login | Key] = Field(default_factory=list)

    @model_validator(mode="after")
    def _whole(self) -> "Entry":
        if self.count > 9:
            raise ValueError("count and code do not fit")
        return self


class Document(Strict):
    entries: list[Entry]


def told(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        validate(Document, load(text, "f"))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value).split("\n")


def test_a_document_fills_a_strict_model() -> None:
    text = """
entries:
  - code: "001"
    kind: B
    since: 2027-06-30
    tags: [x, y]
    byCode: {14: A}
    access: [{userName: u, secret: s}, {publicKey: k}]
"""
    assert validate(Document, load(text, "f")).entries == [
        Entry(
            code="001",
            kind=Kind.B,
            since=date(2027, 6, 30),
            tags=("x", "y"),
            by_code={14: Kind.A},
            access=[Login(user_name="u", secret=SecretStr("s")), Key(public_key="k")],
        )
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("code: 12", "f:2:11: entries[0].code: must be text: put it in quotes"),
        ("code: true", "f:2:11: entries[0].code: must be text"),
        ("code: toolong", "f:2:11: entries[0].code: must have at most 5 characters"),
        ("{}", "f:2:5: entries[0].code: is missing"),
        ("{code: a, kind: C}", "f:2:21: entries[0].kind: must be 'A' or 'B'"),
        ("{code: a, count: '1'}", "f:2:22: entries[0].count: must be a whole number"),
        ("{code: a, ratio: x}", "f:2:22: entries[0].ratio: must be a number"),
        ("{code: a, on: yes}", "f:2:19: entries[0].on: must be true or false"),
        ("{code: a, tags: x}", "f:2:21: entries[0].tags: must be a list"),
        ("{code: a, tags: [x, 2]}", "f:2:25: entries[0].tags[1]: must be text: put it in quotes"),
        ("{code: a, byCode: [1]}", "f:2:23: entries[0].byCode: must be a mapping (key: value)"),
        ("{code: a, byCode: {14: C}}", "f:2:28: entries[0].byCode.14: must be 'A' or 'B'"),
        (
            "{code: a, byCode: {x: A}}",
            "f:2:24: entries[0].byCode.x: must be a valid integer, unable to parse string as an integer",
        ),
        ("{code: a, count: 10}", "f:2:5: entries[0]: count and code do not fit"),
        ("x", "f:2:5: entries[0]: must be a mapping (key: value)"),
        ("{code: a, knid: B}", "f:2:15: entries[0].knid: unknown key; did you mean `kind`?"),
        ("{code: a, by_code: {}}", "f:2:15: entries[0].by_code: unknown key; did you mean `byCode`?"),
        (
            "{code: a, zzz: 1}",
            "f:2:15: entries[0].zzz: unknown key; "
            "known here: access, byCode, code, count, kind, on, ratio, since, tags",
        ),
    ],
)
def test_an_error_is_told_at_its_place(line: str, fault: str) -> None:
    assert told(f"entries:\n  - {line}\n") == [fault]


def test_an_unknown_key_of_a_union_is_compared_with_the_member_it_was_tried_as() -> None:
    faults = told("entries:\n  - {code: a, access: [{userNam: u}]}\n")
    assert "f:2:25: entries[0].access[0].userNam: unknown key; did you mean `userName`?" in faults
    assert "f:2:25: entries[0].access[0].userNam: unknown key; known here: publicKey" in faults


def test_every_error_is_listed_in_the_order_of_the_text() -> None:
    assert [fault.split(": ")[0] for fault in told("entries:\n  - {cod: a}\n  - {code: b, count: x}\nextra: 1\n")] == [
        "f:2:5",
        "f:2:6",
        "f:3:22",
        "f:4:1",
    ]


def test_a_document_that_is_no_mapping_is_refused() -> None:
    assert told("- 1\n") == ["f:1:1: must be a mapping (key: value)"]


def test_a_secret_is_never_told() -> None:
    faults = told("entries:\n  - {code: a, access: [{userName: u, secret: [hunter2]}]}\n")
    assert any("access[0].secret" in fault for fault in faults)
    assert "hunter2" not in "\n".join(faults)
