"""The secret that signs the webhooks of one subscription (Standard Webhooks: `whsec_` and base64)."""

from __future__ import annotations

import base64

from gateway.services.office import Office


def signing_key(office: Office, subscription_id: str) -> bytes:
    """The 32 bytes that sign a subscription's webhooks; derived from the master key, and stored nowhere."""
    return office.secrets.derive(f"webhook:{subscription_id}")


def webhook_key(office: Office, subscription_id: str) -> str:
    """The same as its receiver configures it."""
    return "whsec_" + base64.b64encode(signing_key(office, subscription_id)).decode()
