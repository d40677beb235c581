"""Secrets: argon2id with the costs of RFC 9106, the same work for what is no hash, and keys that never change."""

from __future__ import annotations

import bcrypt
import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from gateway.domain.password_hashes import outdated
from gateway.services import ports
from gateway.store import passwords
from gateway.store.passwords import Secrets

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
KEY = b"a master key of thirty-two bytes"


@pytest.fixture
def secrets() -> Secrets:
    return Secrets(KEY, CHEAP)


def test_a_secret_matches_its_own_hash_only(secrets: Secrets) -> None:
    hashed = secrets.hash("délai & secret")
    assert secrets.verify(hashed, "délai & secret")
    assert not secrets.verify(hashed, "délai & secrets")
    assert not secrets.verify(hashed, "")
    assert "secret" not in hashed


def test_equal_secrets_have_different_hashes(secrets: Secrets) -> None:
    assert secrets.hash("same") != secrets.hash("same")


@pytest.mark.parametrize("hashed", ["", "nobody", "$2b$12$aaaaaaaaaaaaaaaaaaaaaa", "$1$salt$aaaa"])
def test_what_is_no_hash_matches_nothing_and_costs_the_same_work(
    hashed: str, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    verify = PasswordHasher.verify

    def watched(self: PasswordHasher, stored: str, secret: str) -> bool:
        asked.append(stored)
        return verify(self, stored, secret)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    assert not secrets.verify(hashed, "secret")
    assert len(asked) == 2
    assert extract_parameters(asked[1]) == extract_parameters(secrets.hash("any"))  # a real one, made as all are


def test_the_costs_are_the_ones_recommended_unless_said_otherwise() -> None:
    found = extract_parameters(Secrets(KEY).hash("secret"))
    assert found.type is Type.ID
    assert found.memory_cost >= 19 * 1024
    assert found.time_cost >= 2
    assert found.salt_len >= 16
    assert found.hash_len >= 32


def test_derived_keys_depend_on_the_label_and_the_master_key_alone(secrets: Secrets) -> None:
    assert secrets.derive("webhook") == Secrets(KEY, CHEAP).derive("webhook")
    others = {secrets.derive("webhook "), secrets.derive(""), Secrets(KEY[::-1], CHEAP).derive("webhook")}
    assert secrets.derive("webhook") not in others
    assert len(others) == 3
    assert len(secrets.derive("webhook")) == 32


def test_it_is_the_port_that_services_ask_for(secrets: Secrets) -> None:
    port: ports.Secrets = secrets
    assert port.verify(port.hash("secret"), "secret")


SHA512 = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"


@pytest.mark.parametrize(
    ("hashed", "secret"),
    [
        (SHA512, "Hello world!"),
        (SHA512.replace("$6$", "$6$rounds=5000$"), "Hello world!"),
        (BCRYPT, "U*U"),
        (BCRYPT.replace("$2a", "$2b"), "U*U"),
        (BCRYPT.replace("$2a", "$2y"), "U*U"),
        (PasswordHasher(1, 8, 1, type=Type.I).hash("délai"), "délai"),
        (PasswordHasher(1, 8, 1, type=Type.D).hash("délai"), "délai"),
    ],
    ids=["sha512", "sha512-rounds", "bcrypt-2a", "bcrypt-2b", "bcrypt-2y", "argon2i", "argon2d"],
)
def test_imported_hashes_are_verified(secrets: Secrets, hashed: str, secret: str) -> None:
    assert secrets.verify(hashed, secret)
    assert not secrets.verify(hashed, f"{secret}!")
    assert not secrets.verify(hashed, "")
    assert outdated(hashed)
    assert not outdated(Secrets(KEY).hash(secret))


def test_bcrypt_reads_what_it_always_read(secrets: Secrets) -> None:
    hashed = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert secrets.verify(hashed, "x" * 72)
    assert secrets.verify(hashed, "x" * 80)
    assert not secrets.verify(hashed, "x" * 71)


def test_a_salt_that_cannot_be_matches_nothing(secrets: Secrets) -> None:
    assert not secrets.verify("$2b$04$" + "." * 21 + "9" + "a" * 31, "x")


def test_a_very_long_password_is_no_work_for_sha512_crypt(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "sha512_crypt", lambda *_: pytest.fail("it was worked on"))
    assert not secrets.verify(SHA512, "x" * 5000)
