"""The settings of penalties."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from gateway import app
from gateway.config import Settings
from gateway.config.penalties import Penalties
from gateway.domain.penalties import PenaltyRules


def test_verbs_get_what_is_set() -> None:
    assert Penalties().rules == PenaltyRules()
    found = app.policy(Settings(penalties=Penalties(after=2, first=timedelta(seconds=1))))
    assert found.penalties == PenaltyRules(after=2, first=timedelta(seconds=1))


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in ({"after": 0}, {"names": 0}, {"first": timedelta(hours=1)}):
        with pytest.raises(ValidationError):
            Penalties.model_validate(wrong)
