"""The settings of rates."""

import pytest
from pydantic import ValidationError

from gateway.config.rates import Rates
from gateway.domain.rates import Rate


def test_no_limit_is_a_zero() -> None:
    found = Rates(per_client=7, per_organization=0).limits
    assert (found.per_client, found.per_organization) == (Rate(7), None)
    with pytest.raises(ValidationError):
        Rates(per_client=-1)
