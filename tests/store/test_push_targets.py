from __future__ import annotations

from gateway.domain.deliveries import Gesture
from gateway.domain.pushing import PushTarget
from gateway.store.push_targets import target, target_text


def test_a_target_comes_back_as_it_was_kept() -> None:
    plain = PushTarget("sftp.example.org", "hub", ("ssh-ed25519 AAAA",))
    whole = PushTarget(
        "192.0.2.7",
        "hub",
        ("ssh-ed25519 AAAA", "ssh-rsa BBBB"),
        2222,
        "in/é",
        "out",
        "sealed",
        "sealed too",
        frozenset({Gesture.ANSWER}),
    )
    for one in (plain, whole):
        text = target_text(one)
        assert text is not None
        assert target(text) == one
    assert target_text(None) is None
