"""From which statuses files may be deleted."""

from __future__ import annotations

import pytest

from gateway.domain.copies import deletable
from gateway.domain.statuses import Status


def test_a_process_that_says_nothing_lets_files_go_at_the_end() -> None:
    assert deletable(None) == {Status.DONE, Status.REFUSED, Status.CLOSED, Status.ARCHIVED}


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        (Status.ARCHIVED, {Status.ARCHIVED}),
        (Status.CLOSED, {Status.CLOSED, Status.ARCHIVED}),
        (Status.DONE, {Status.DONE, Status.REFUSED, Status.CLOSED, Status.ARCHIVED}),
    ],
)
def test_a_status_stands_for_those_further_along_too(rule: Status, statuses: set[Status]) -> None:
    assert deletable(rule) == statuses


@pytest.mark.parametrize("rule", Status)
def test_a_status_always_stands_for_itself(rule: Status) -> None:
    assert rule in deletable(rule)
