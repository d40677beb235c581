"""What the configuration leaves as it is, and the gateway as a caller."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from gateway.domain.identity import Caller, Door, Role
from gateway.domain.statuses import Status
from gateway.services.office import Policy, gateway_caller
from tests.services.people import GATEWAY
from tests.services.town import Town


def test_the_codes_of_answers_mean_what_the_legacy_contract_says() -> None:
    assert Policy().answer_codes == {
        14: Status.SI_RECEIVED,
        15: Status.SI_INTG_ERROR,
        16: Status.IN_PROGRESS,
        17: Status.ADD_AWAITING,
        19: Status.DONE,
        20: Status.REFUSED,
        100: Status.DONE,
    }


def test_times_that_nobody_configured() -> None:
    policy = Policy()
    assert policy.token_lifetime == timedelta(hours=1)
    assert policy.retention == timedelta(days=30)
    assert str(policy.zone) == "Europe/Paris"


async def test_the_gateway_acts_in_its_own_name(town: Town) -> None:
    assert gateway_caller(town.office, "expiry") == Caller(GATEWAY, Role.ADMIN, Door.GATEWAY, "expiry")


async def test_a_changed_configuration_reaches_the_office_that_verbs_have(town: Town) -> None:
    office = town.office
    policy = Policy(retention=timedelta(days=1))
    office.adopt(policy, None)
    assert office.policy is policy
    assert dataclasses.replace(office, gateway="another").policy is policy


async def test_an_office_does_not_change(town: Town) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        town.office.gateway = "another"  # type: ignore[misc]  # it must fail
