"""Which keys sign a webhook."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.outgoing import WebhookKeys

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("keys", "signing"),
    [
        (WebhookKeys(), (1,)),
        (WebhookKeys(1, LATER), (1,)),
        (WebhookKeys(3, LATER), (3, 2)),
        (WebhookKeys(3, NOW), (3,)),
        (WebhookKeys(3), (3,)),
    ],
)
def test_the_key_before_signs_too_until_its_date(keys: WebhookKeys, signing: tuple[int, ...]) -> None:
    assert keys.signing(NOW) == signing
