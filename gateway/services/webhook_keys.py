"""Where webhooks may go, and the secret that signs those of one subscription (Standard Webhooks: `whsec_`, base64)."""

from __future__ import annotations

import base64
from typing import Final
from urllib.parse import urlsplit

from gateway.services.office import Office

LONGEST_ADDRESS: Final = 2000


def usable_address(url: str) -> bool:
    """Whether it is https without credentials; http goes to this machine itself alone. Where it leads is seen later."""
    if len(url) > LONGEST_ADDRESS or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1"))


def signing_key(office: Office, subscription_id: str, generation: int = 1) -> bytes:
    """The 32 bytes that sign a subscription's webhooks; derived from the master key, and stored nowhere.

    `generation` counts the rotations: each has a key of its own.
    """
    purpose = "webhook" if generation == 1 else f"webhook-{generation}"
    return office.secrets.derive(f"{purpose}:{subscription_id}")


def webhook_key(office: Office, subscription_id: str, generation: int = 1) -> str:
    """The same as its receiver configures it."""
    return "whsec_" + base64.b64encode(signing_key(office, subscription_id, generation)).decode()
