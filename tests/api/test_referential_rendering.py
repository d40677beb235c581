"""The shapes of the referential where there is nothing to show, and dates as the hub writes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.api import referential_rendering as shapes
from gateway.domain.identity import Mode, OrganizationId, Transport
from gateway.domain.lists import Capability
from gateway.domain.referential import Contact, Organization, Process, Subscription, SubscriptionStatus
from gateway.services.subscriptions import SubscriptionView
from tests.api.visitor import RENNES, organization

WHEN, SHOWN = datetime(2024, 7, 4, 8, 54, 15, 438_000, UTC), "2024-07-04T08:54:15.438+00:00"
BARE = Subscription("id", RENNES, "PACS", access_mode=Mode.SFTP, transport=Transport.PUSH)


def test_a_subscription_shows_its_status_of_now_and_no_null_where_the_hub_has_none() -> None:
    found = shapes.subscription(SubscriptionView(replace(BARE, end_at=WHEN), SubscriptionStatus.INACTIVE))
    assert {name: value for name, value in found.items() if value is not None} == {
        "id": "id",
        "datapassId": 0,
        "notificationFrequency": "unitaire",
        "localAdministrator": {"email": "sans-adresse@example.org"},
        "processCode": "PACS",
        "subscriber": organization(RENNES),
        "accessMode": "SFTP",
        "transport": "push",
        "endDateTime": SHOWN,
        "status": "Inactif",
    }
    assert len(found) == 17


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"email": "mairie@example.org"}, "mairie@example.org"),
        ({"email": "mairie@example.org", "local_administrator": Contact("zoe@example.org")}, "zoe@example.org"),
        ({"local_administrator": Contact("mairie@intranet")}, shapes.NO_ADDRESS),  # none that the hub would take
    ],
)
def test_somebody_always_answers_for_a_subscription(changes: dict[str, Any], shown: str) -> None:
    view = SubscriptionView(replace(BARE, **changes), SubscriptionStatus.ACTIVE)
    assert shapes.subscription(view)["localAdministrator"] == {"email": shown}


def test_people_are_shown_whole_only_when_asked_for() -> None:
    person = Contact("zoe@example.org", "Zoé")
    view = SubscriptionView(replace(BARE, local_administrator=person), SubscriptionStatus.ACTIVE)
    assert shapes.subscription(view)["localAdministrator"] == {"email": "zoe@example.org"}
    whole = shapes.subscription(view, whole=True)
    assert whole["localAdministrator"] == {
        "firstName": "Zoé",
        "email": "zoe@example.org",
        "function": None,
        "phoneNumber": None,
        "mobileNumber": None,
    }
    assert whole["delegationActor"] is None


def test_organizations_processes_and_capabilities_have_every_field() -> None:
    identity = OrganizationId.parse(RENNES)
    found = shapes.organization(Organization(identity, "Rennes", created_at=WHEN))
    assert found["createDateTime"] == SHOWN
    assert {**found, **organization(RENNES)} == found
    process = shapes.process(Process("PACS", "Pacte", attachment_types=("a",), created_at=WHEN, updated_at=WHEN))
    assert (process["attachmentTypesEnabled"], process["osl"], process["updateDateTime"]) == (["a"], None, SHOWN)
    taken = shapes.capability(Capability("PACS", identity, "Rennes", "35000", "35", WHEN, None))
    assert taken == {
        "processCode": "PACS",
        "recipient": organization(RENNES),
        "name": "Rennes",
        "postalCode": "35000",
        "territory": "35",
        "activateDateTime": SHOWN,
        "endDateTime": None,
    }
