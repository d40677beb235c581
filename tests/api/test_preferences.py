"""How long a client says it will wait."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from gateway.api import preferences


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], None),
        (["wait=30"], 30),
        (["respond-async, wait=10; foo=1, handling=lenient"], 10),
        (["handling=strict", 'WAIT = "7"'], 7),
        (["wait=600"], 60),
        (["wait=0"], 0),
        (["wait=5, wait=9"], 5),
        (["wait"], None),
        (["wait=soon"], None),
        (["wait=-1"], None),
        (["await=3"], None),
    ],
)
def test_wait(headers: list[str], seconds: int | None) -> None:
    request = make_mocked_request("GET", "/", headers=CIMultiDict([("Prefer", text) for text in headers]))
    assert preferences.wait(request) == seconds
