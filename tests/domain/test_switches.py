"""What a switch says of the open deliveries."""

from __future__ import annotations

from gateway.domain.switches import OpenDeliveries


def test_the_pinned_ones_are_among_those_that_are_open() -> None:
    assert OpenDeliveries(ready=3, fetched=2, pinned=4).total == 5
