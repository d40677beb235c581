"""The short memory of logins that matched."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.services import logins
from gateway.services.logins import LIFETIME, VerifiedLogins
from tests.services.people import START

MOMENT = timedelta(milliseconds=1)


def test_a_login_is_known_for_a_while() -> None:
    memory = VerifiedLogins()
    assert not memory.known("rennes", "hash", "secret", START)
    memory.remember("rennes", "hash", "secret", START)
    assert memory.known("rennes", "hash", "secret", START + LIFETIME - MOMENT)
    assert not memory.known("rennes", "hash", "secret", START + LIFETIME)


@pytest.mark.parametrize(
    "login",
    [
        ("brest", "hash", "secret"),
        ("rennes", "another hash", "secret"),
        ("rennes", "hash", "another secret"),
        ("renne", "shash", "secret"),
        ("rennes", "hashs", "ecret"),
        ("rennes\0004:hash", "", "secret"),
    ],
)
def test_another_name_hash_or_secret_is_another_login(login: tuple[str, str, str]) -> None:
    memory = VerifiedLogins()
    memory.remember("rennes", "hash", "secret", START)
    assert not memory.known(*login, START)


def test_the_memory_is_bounded_and_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "CAPACITY", 2)
    memory = VerifiedLogins()
    for name in ("one", "two", "three"):
        memory.remember(name, "hash", "secret", START)
    assert [memory.known(name, "hash", "secret", START) for name in ("one", "two", "three")] == [False, True, True]


def test_no_secret_is_held_in_clear() -> None:
    memory = VerifiedLogins()
    memory.remember("rennes", "hash", "a secret to find", START)
    assert b"a secret to find" not in b"".join(memory._until)
