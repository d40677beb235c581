"""The column `subscriptions.push`: a subscriber's SFTP server as JSON, its secrets sealed."""

from __future__ import annotations

from dataclasses import asdict

from gateway.domain.deliveries import Gesture
from gateway.domain.pushing import PushTarget
from gateway.store.values import from_json, to_json


def target_text(of: PushTarget | None) -> str | None:
    """The column's text; None for none."""
    if of is None:
        return None
    return to_json(asdict(of) | {"host_keys": list(of.host_keys), "acknowledge_on": sorted(of.acknowledge_on)})


def target(text: str) -> PushTarget:
    """The server in a column that is not null."""
    found = from_json(text)
    gestures = frozenset(Gesture(each) for each in found["acknowledge_on"])
    return PushTarget(**found | {"host_keys": tuple(found["host_keys"]), "acknowledge_on": gestures})
