"""Identifiers: their order, their shape, and how they are read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

import pytest

from gateway.domain.ids import canonical_id, new_id


def test_a_new_id_is_larger_than_every_one_before() -> None:
    made = [new_id() for _ in range(10_000)]  # more than the clock has milliseconds meanwhile
    assert made == sorted(set(made))


def test_threads_never_get_the_same_id_and_each_sees_its_own_grow() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(2_000)], range(4)))
    assert all(one == sorted(one) for one in made)
    assert len({identifier for one in made for identifier in one}) == 8_000


def test_an_id_is_a_uuid_of_version_7_in_lower_case() -> None:
    text = new_id()
    found = UUID(text)
    assert found.version == 7
    assert found.variant == RFC_4122
    assert str(found) == text


def test_an_id_is_canonical_in_lower_case() -> None:
    assert canonical_id("0190F5E0-AAAA-7BBB-8CCC-0123456789AB") == "0190f5e0-aaaa-7bbb-8ccc-0123456789ab"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "0190f5e0aaaa7bbb8ccc0123456789ab",
        "{0190f5e0-aaaa-7bbb-8ccc-0123456789ab}",
        "urn:uuid:0190f5e0-aaaa-7bbb-8ccc-0123456789ab",
        "0190f5e0-aaaa-7bbb-8ccc-0123456789ag",
        "0190f5e0-aaaa-7bbb-8ccc-0123456789ab\n",
        "0190f5e0-aaaa-7bbb-8ccc-0123456789a",
        "０190f5e0-aaaa-7bbb-8ccc-0123456789ab",
    ],
)
def test_what_is_no_uuid_of_36_characters_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a UUID"):
        canonical_id(text)
