"""What a list is asked for: each field by itself, and all faults together."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.api.listing import MOST, PAGED, Query, content_range
from gateway.domain.errors import InvalidRequestError
from gateway.domain.lists import Page, Paged

ORDERS = ("name", "create_date_time")


def query(text: str, *known: str) -> Query:
    return Query(make_mocked_request("GET", f"/referential/v1/organizations?{text}"), *PAGED, *known)


def faults(asked: Query) -> tuple[str, ...]:
    with pytest.raises(InvalidRequestError) as refused:
        asked.check()
    return refused.value.faults


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("", Page(0, 25)),
        ("offSet=30&maxResult=10", Page(30, 10)),
        ("maxResult=999999", Page(0, MOST)),
        ("orderBy=asc(name)", Page(order="name")),
        ("orderBy=desc(create_date_time)", Page(order="create_date_time", descending=True)),
    ],
)
def test_a_page(text: str, page: Page) -> None:
    asked = query(text)
    assert asked.page(ORDERS) == page
    asked.check()


@pytest.mark.parametrize(
    "text",
    [
        *(f"orderBy={value}" for value in ("", "name", "asc(secret)", "ASC(name)", "asc(name);", "asc( name)")),
        *(f"offSet={value}" for value in ("", "-1", "1.5", "x", "9" * 19, "%D9%A1")),
        *(f"maxResult={value}" for value in ("0", "", "+1", "1e3")),
    ],
)
def test_a_page_that_is_none(text: str) -> None:
    asked = query(text)
    asked.page(ORDERS)
    (fault,) = faults(asked)
    assert fault.startswith(f"@query.{text.partition('=')[0]}: ")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("123", lambda asked: asked.text("x", 2)),
        ("\0", lambda asked: asked.text("x", 2)),
        ("12", lambda asked: asked.text("x", 9, "[0-9]{3}")),
        ("1234", lambda asked: asked.text("x", 9, "[0-9]{3}")),
        ("y" * 31, lambda asked: asked.codes("x")),
        ("a,\0", lambda asked: asked.codes("x")),
    ],
)
def test_values_that_are_none(value: str, read: Callable[[Query], object]) -> None:
    asked = query(f"x={quote(value)}", "x")
    read(asked)
    assert faults(asked)[0].startswith("@query.x: ")


def test_values_come_as_they_were_sent() -> None:
    asked = query("kind=SI&code=a&code=b,,%20a&n=7", "kind", "code", "n")
    assert asked.text("kind", 2, "S.") == "SI"
    assert asked.text("other", 2) is None
    assert asked.codes("code") == ("a", "b")
    assert (asked.number("n", 1, 0), asked.number("m", 1, 0)) == (7, 1)
    asked.check()


def test_all_faults_are_listed_unknown_names_first() -> None:
    asked = query("processType=1&maxResult=0&processType=2")
    asked.page(ORDERS)
    asked.refuse("cursor", "is none")
    assert faults(asked) == (
        "@query.processType: Query parameter 'processType' is unexpected on path \"/organizations\"",
        "@query.maxResult: must be a whole number from 1 upwards",
        "@query.cursor: is none",
    )


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (Paged(tuple(range(28)), 0, 100), "Susbscriptions 0-27/100"),
        (Paged((1,), 99, 100), "Susbscriptions 99-99/100"),
        (Paged((), 0, 0), "Susbscriptions 0-0/0"),
        (Paged((), 200, 100), "Susbscriptions 200-200/100"),
    ],
)
def test_a_page_says_where_it_stands(page: Paged[int], text: str) -> None:
    assert content_range("Susbscriptions", page) == {"Content-Range": text}
