"""The Range header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.errors import Refusal
from gateway.api.ranges import requested, still_same


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, None),
        ("", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("Bytes = 2-4 ", (2, 5)),
        ("bytes=2-", (2, 10)),
        ("bytes=2-99", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=0-" + "9" * 900, (0, 10)),
        ("bytes=-", None),
        ("bytes=4-2", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=+1-2", None),
        ("bytes=\u0661-2", None),
    ],
)
def test_a_range_is_read_or_ignored(header: str | None, found: tuple[int, int] | None) -> None:
    assert requested(header, 10) == found


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=" + "9" * 900 + "-"])
def test_what_does_not_exist_is_refused_with_the_size(header: str) -> None:
    with pytest.raises(Refusal) as caught:
        requested(header, 10)
    assert caught.value.status == 416
    assert caught.value.headers == {"Content-Range": "bytes */10"}


@given(st.text(alphabet="bytes=0123456789-, x", max_size=20), st.integers(1, 10**12))
def test_no_header_leads_outside_of_the_file(header: str, size: int) -> None:
    try:
        found = requested(header, size)
    except Refusal:
        return
    assert found is None or 0 <= found[0] < found[1] <= size


def test_only_the_same_bytes_are_continued() -> None:
    assert still_same(None, '"a"')
    assert still_same(' "a" ', '"a"')
    assert not still_same('W/"a"', '"a"')
    assert not still_same("Wed, 21 Oct 2015 07:28:00 GMT", '"a"')
