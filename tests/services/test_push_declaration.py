"""A subscriber's own server as it is declared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Mode, Transport
from gateway.domain.pushing import ACCOUNT_PREFIX, PushTarget
from gateway.domain.referential import Subscription
from gateway.services.declaration_checks import check_public_key
from gateway.services.office import Office
from gateway.services.push import purpose
from gateway.services.push_declaration import push_faults, same_place, sealed
from gateway.services.push_keys import private_key, public_key
from gateway.services.push_secrets import unseal
from tests.bridge.pushed import push_to
from tests.journeys.world import PROCESS, RENNES, declare, subscription_id

SUBSCRIPTION = Subscription("id", RENNES, PROCESS, access_mode=Mode.SFTP, transport=Transport.PUSH)


@pytest.fixture(autouse=True)
async def declared(office: Office) -> None:
    await office.store.write(declare)


def faults(target: PushTarget | None) -> list[str]:
    return list(push_faults(replace(SUBSCRIPTION, push=target), check_public_key))


def target(office: Office, **changes: Any) -> PushTarget:
    return replace(PushTarget("sftp.example.org", "hub", (public_key(office),)), **changes)


async def test_a_whole_declaration_has_no_fault(office: Office) -> None:
    whole = target(office, answers="out", key=private_key(office), acknowledge_on=frozenset({Gesture.READ}))
    assert faults(whole) == []
    assert faults(target(office, password="sesame")) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host_keys": ()}, "host key"),
        ({"host_keys": ("junk",)}, "hostKey: not an OpenSSH public key"),
        ({"host": "a b"}, "host must"),
        ({"host": "user@host"}, "host must"),
        ({"port": 0}, "port"),
        ({"directory": ""}, "directory"),
        ({"answers": "a\nb"}, "directory"),
        ({"answers": "."}, "another directory"),
        ({"password": "a", "key": "b"}, "either a password or a key"),
        ({"key": "junk"}, "private key"),
        ({"acknowledge_on": frozenset({Gesture.RENAME})}, "acknowledgeOn"),
    ],
)
async def test_what_is_wrong_is_said(office: Office, changes: dict[str, Any], said: str) -> None:
    assert any(said in fault for fault in faults(target(office, **changes)))


async def test_push_needs_a_place_and_pull_does_not() -> None:
    (fault,) = faults(None)
    assert "push: {host" in fault
    assert list(push_faults(replace(SUBSCRIPTION, transport=Transport.PULL), check_public_key)) == []


async def test_secrets_are_sealed_once_and_stay_as_they_were(office: Office) -> None:
    declared = replace(SUBSCRIPTION, push=target(office, password="sesame"))
    kept = sealed(office, None, declared)
    assert kept.push is not None
    assert kept.push.password is not None
    assert "sesame" not in kept.push.password
    assert unseal(office, purpose("id"), kept.push.password) == "sesame"
    assert sealed(office, kept, declared) == kept
    assert sealed(office, kept, kept) == kept
    changed = sealed(office, kept, replace(SUBSCRIPTION, push=target(office, password="other")))
    assert changed.push is not None
    assert unseal(office, purpose("id"), changed.push.password or "") == "other"


async def test_an_account_without_credentials_stands_in(office: Office) -> None:
    await push_to(office, "rennes", target(office))
    name = ACCOUNT_PREFIX + subscription_id(RENNES)
    account = await office.store.read(lambda tx: tx.accounts.by_username(name))
    assert account is not None
    assert account.pushed
    assert (account.enabled, account.password_hash, account.public_keys) == (False, None, ())
    assert account.processes == (PROCESS,)
    await push_to(office, "rennes", target(office, acknowledge_on=frozenset({Gesture.ANSWER})))
    again = await office.store.read(lambda tx: tx.accounts.by_username(name))
    assert again is not None
    assert again.id == account.id
    assert again.acknowledge_on == {Gesture.ANSWER}


async def test_two_servers_with_one_directory_of_answers_are_told_apart_by_nothing(office: Office) -> None:
    one = target(office, answers="out")
    assert same_place(one, replace(one, directory="elsewhere"))
    assert not same_place(one, replace(one, answers="out2"))
    assert not same_place(target(office), target(office))
