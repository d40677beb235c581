"""The values of a file of moves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.config.move_models import StopModel, SubscriberRow, WaveModel
from gateway.domain.moves import WaveSize


@given(st.integers(1, 10**12))
def test_a_size_is_a_number_or_a_percentage(count: int) -> None:
    assert WaveModel(size=count).size == WaveSize(count=count)
    percent = count % 100_000 / 1000
    if percent:
        assert WaveModel(size=f"{percent:.3f}%").size == WaveSize(percent=percent)


@pytest.mark.parametrize("size", [True, 1.5, "5", "%", "1e1%", "-1%", "0.0001%", None, -1, []])
def test_what_is_no_size_is_refused(size: Any) -> None:
    with pytest.raises(ValidationError):
        WaveModel(size=size)


def test_a_threshold_may_be_nothing_at_all() -> None:
    stop = StopModel(error_rate_over="0%", failed_deliveries_over="99.5 %")
    assert (stop.error_rate_over, stop.failed_deliveries_over) == (0.0, 0.995)


def test_organizations_are_spelt_as_the_hub_spells_them() -> None:
    row = SubscriberRow.model_validate({"companyRegister": "21350238800019", "branchCode": "35238"})
    assert (row.company_register, row.branch_code) == ("21350238800019", "35238")
    with pytest.raises(ValidationError, match="14 digits"):
        SubscriberRow(company_register="21350238800019\n")
