"""The settings of deliveries to subscribers' own servers."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from gateway.config import Settings
from gateway.config.push import Push
from gateway.domain.pushing import Manner


def test_the_bridge_gets_plain_values() -> None:
    push = Push(connections=3, connect_timeout=timedelta(seconds=2), suffix=".tmp")
    found = Settings(push=push).manner
    assert found == Manner(3, 2.0, 60.0, ".tmp", private_targets=False)


@pytest.mark.parametrize("suffix", ["", "part", "./x", ".a b"])
def test_a_suffix_makes_a_temporary_name_and_nothing_else(suffix: str) -> None:
    with pytest.raises(ValidationError):
        Push(suffix=suffix)
