from __future__ import annotations

import pytest

from gateway.cli.onboarding_models import SubscriptionRow, given
from tests.cli.onboarding import TOWN, refused


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("activateDateTime: 2027-01-04T00:01:00", "needs an offset"),
        ("endDateTime: tomorrow", "valid datetime"),
        ("email: nobody", "match"),
        ("complement: half", "'whole' or 'delta'"),
        ("datapassId: -1", "greater"),
        ("notificationFrequency: toutes les heures et demie", "20"),
        ("localAdministrator: {firstName: Zoé}", "email"),
        ("localAdministrator: {email: nobody}", "match"),
        ("transport: pigeon", "'pull' or 'push'"),
    ],
)
def test_a_subscription_refuses(row: str, said: str) -> None:
    (fault,) = refused(f"subscriptions:\n  - {{subscriber: {TOWN}, process: A, {row}}}\n")
    assert said in fault


@pytest.mark.parametrize("secret", ["''", f"'{'x' * 1025}'"])
def test_a_secret_has_a_sensible_length(secret: str) -> None:
    text = f"credentials:\n  - api: {{organization: {TOWN}, role: SI, client_id: c, client_secret: {secret}}}\n"
    (fault,) = refused(text)
    assert "must have 1 to 1024 characters" in fault


def test_given_fields_have_the_names_of_the_record() -> None:
    row = SubscriptionRow.model_validate_json(
        f'{{"subscriber": "{TOWN}", "process": "A", "endDateTime": null, "email": "a@b"}}'
    )
    assert given(row, {"end_date_time": "end_at"}, "subscriber", "process") == {"end_at", "email"}
