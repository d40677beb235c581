"""The bodies of the referential: lengths, patterns and nullability."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.api.bodies import Body, parse
from gateway.api.referential_bodies import (
    NewSubscriptionBody,
    OrganizationWhole,
    ProcessBody,
    SubscriptionBody,
    given,
)
from gateway.api.rendering import json_text
from gateway.domain.errors import InvalidRequestError
from tests.api.referential import CONTACT, organization_body, process_body, subscription_body

BODIES: dict[type[Body], dict[str, Any]] = {
    SubscriptionBody: subscription_body(),
    NewSubscriptionBody: subscription_body(),
    OrganizationWhole: organization_body(),
    ProcessBody: process_body(),
}
DATES = ("activateDateTime", "validateDateTime", "rejectDateTime", "endDateTime")


def fault(model: type[Body], **changes: Any) -> list[str]:
    try:
        parse(model, json_text({**BODIES[model], **changes}).encode())
    except InvalidRequestError as error:
        return list(error.faults)
    return []


@pytest.mark.parametrize("model", BODIES)
def test_the_examples_are_whole_and_each_must_is_one(model: type[Body]) -> None:
    assert fault(model) == []
    musts = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
    assert musts
    for name in musts:
        assert len(fault(model, **{name: None})) == 1, name


@pytest.mark.parametrize(
    ("model", "name", "longest"),
    [
        (SubscriptionBody, "processCode", 30),
        (SubscriptionBody, "notificationFrequency", 20),
        (SubscriptionBody, "rejectionReason", 1000),
        (OrganizationWhole, "name", 255),
        (OrganizationWhole, "postalCode", 10),
        (OrganizationWhole, "phoneNumber", 40),
        (OrganizationWhole, "status", 20),
        (ProcessBody, "code", 30),
        (ProcessBody, "name", 255),
    ],
)
def test_lengths(model: type[Body], name: str, longest: int) -> None:
    assert fault(model, **{name: "x" * longest}) == []
    (found,) = fault(model, **{name: "x" * (longest + 1)})
    assert found.startswith(f"@body.{name}: String is too long")


@pytest.mark.parametrize("name", [*DATES, "accessMode", "rejectionReason", "status", "email", "delegationActor"])
def test_what_may_be_null(name: str) -> None:
    assert fault(SubscriptionBody, **{name: None}) == fault(NewSubscriptionBody, **{name: None}) == []


@pytest.mark.parametrize("name", ["firstName", "lastName"])
def test_what_of_a_person_may_not_be_null(name: str) -> None:
    assert len(fault(NewSubscriptionBody, localAdministrator={**CONTACT, name: None})) == 1


def test_only_a_change_may_do_without_the_address_of_a_delegate() -> None:
    assert fault(SubscriptionBody, delegationActor={"email": None}) == []
    assert fault(SubscriptionBody, delegationActor={}) != []
    assert fault(NewSubscriptionBody, delegationActor={"email": None}) != []


@pytest.mark.parametrize("email", ["a@b", "a b@cc.fr", "é@mairie.fr", "a@mairie.FR", "a@mairie.paris", "a@mairie.fr\n"])
def test_addresses_of_people_follow_the_hubs_pattern(email: str) -> None:
    (found,) = fault(NewSubscriptionBody, localAdministrator={"email": email})
    assert found.startswith("@body.localAdministrator.email: ")


@pytest.mark.parametrize("phone", ["+0123456789", "0123456789", "1" * 20])
def test_phone_numbers(phone: str) -> None:
    assert fault(NewSubscriptionBody, delegationActor={**CONTACT, "phoneNumber": phone}) == []
    for wrong in (phone + "x", "+" + "1" * 21, "123"):
        assert len(fault(NewSubscriptionBody, delegationActor={**CONTACT, "mobileNumber": wrong})) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("datapassId", 2**63),
        ("datapassId", 1.5),
        ("accessMode", "PULL"),
        ("transport", "fetch"),
        ("status", "Active"),
        ("activateDateTime", "2026-03-02T09:00:00"),
        ("email", "nobody"),
        ("subscriber", {"type": "SI"}),
    ],
)
def test_values_of_a_subscription_that_are_none(name: str, value: Any) -> None:
    assert fault(SubscriptionBody, **{name: value}) != []


def test_a_code_can_stand_in_a_path() -> None:
    for code in ("a/b", "a b", "a\\b", ""):
        assert len(fault(ProcessBody, code=code)) == 1


def test_only_what_was_named_is_given() -> None:
    body = parse(ProcessBody, json_text(process_body(attachmentTypesEnabled=["a"], osl=None)).encode())
    names = {"attachment_types_enabled": "attachment_types", "osl": "osl", "description": "description"}
    assert given(body, names) == {"attachment_types": ("a",), "osl": None}
