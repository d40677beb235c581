"""Pages of native lists."""

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.api import cursors
from gateway.domain.errors import InvalidRequestError


def test_a_page_leads_to_the_next_until_there_is_none() -> None:
    items = [{"id": name} for name in ("a", "é", "c")]
    page = cursors.page(items, 2, "id")
    assert page["items"] == items[:2]
    assert cursors.position(make_mocked_request("GET", f"/?cursor={page['next']}")) == "é"
    assert cursors.page(items, 3, "id") == {"items": items, "next": None}
    assert cursors.page([], 3, "id") == {"items": [], "next": None}


def test_the_first_page_needs_no_parameter() -> None:
    request = make_mocked_request("GET", "/")
    assert (cursors.position(request), cursors.limit(request)) == ("", cursors.DEFAULT)
    assert cursors.limit(make_mocked_request("GET", "/?limit=7")) == 7


@pytest.mark.parametrize("cursor", ["*", "é", "YQ", "_w==", "AA==", "YQ==" * 600])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequestError, match="cursor"):
        cursors.position(make_mocked_request("GET", f"/?cursor={cursor}"))


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", ""])
def test_a_page_has_a_bounded_length(limit: str) -> None:
    with pytest.raises(InvalidRequestError, match="limit"):
        cursors.limit(make_mocked_request("GET", f"/?limit={limit}"))
