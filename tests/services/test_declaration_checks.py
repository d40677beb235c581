from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Right, Role, Transport
from gateway.domain.pushing import PushTarget
from gateway.services.declaration import Declaration
from gateway.services.declaration_checks import check_public_key, row_faults
from tests.services.declarations import TOWN, account, client, organization, process, subscription, whole

Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


def line(key: Public) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def faults(declaration: Declaration) -> list[tuple[object, str]]:
    return [(fault.origin, fault.field) for fault in row_faults(declaration)]


def test_sound_rows_have_no_fault() -> None:
    assert faults(whole()) == []


def test_keys_come_with_the_options_that_can_be_honoured() -> None:
    key = line(ed25519.Ed25519PrivateKey.generate().public_key())
    good = (key, f'from="192.0.2.0/24",expiry-time="20300101" {key}', f"restrict {key}", f"cert-authority {key}")
    assert faults(Declaration(accounts=(account(public_keys=good),))) == []
    bad = (f'command="/bin/sh" {key}', f"permit-all {key}", f'expiry-time="soon" {key}')
    found = list(row_faults(Declaration(accounts=(account(public_keys=bad),))))
    assert [fault.field for fault in found] == [f"public_keys[{place}]" for place in range(3)]
    assert "command is not supported" in found[0].message


def test_authorities_are_sound_public_keys() -> None:
    key = line(ed25519.Ed25519PrivateKey.generate().public_key())
    short = line(rsa.generate_private_key(65537, 1024).public_key())
    good = (key, f'cert-authority,principals="batch" {key}')
    assert faults(Declaration(accounts=(account(authorities=good),))) == []
    old = account(authorities=(key, "nonsense", short), legacy_algorithms_until=date(2030, 1, 1))
    assert [field for _, field in faults(Declaration(accounts=(old,)))] == ["authorities[1]", "authorities[2]"]


def test_a_hash_that_cannot_be_taken_over_is_told_without_it() -> None:
    row = replace(account(password=None), password_hash="$1$salt$" + "a" * 22)
    (fault,) = row_faults(Declaration(accounts=(row,)))
    assert fault.field == "password_hash"
    assert "sha512-crypt" in fault.message
    assert "$1$" not in fault.message


def test_every_duplicate_is_told() -> None:
    rows = Declaration(
        (organization(TOWN), organization(TOWN)),
        (process(), process()),
        (subscription(), subscription()),
        (client(), client()),
        (account(), account()),
    )
    assert [field for _, field in faults(rows)] == ["id", "code", "", "client_id", "username"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"transport": Transport.PUSH}, "transport"),
        ({"template": "{number}.zip"}, "template"),
        ({"webhook": "http://town.example.org/"}, "webhook"),
        ({"webhook": "https://user:word@town.example.org/"}, "webhook"),
        ({"webhook": "https://[half"}, "webhook"),
        ({"webhook": "ftp://town.example.org/"}, "webhook"),
    ],
)
def test_a_subscription_is_refused_at_the_field(values: dict[str, Any], field: str) -> None:
    assert faults(Declaration(subscriptions=(subscription(**values),))) == [(f"subscription {TOWN}", field)]


@pytest.mark.parametrize("url", ["https://town.example.org/hook", "http://127.0.0.1:8000/", "http://[::1]:8000/"])
def test_a_webhook_may_be_local_or_encrypted(url: str) -> None:
    assert faults(Declaration(subscriptions=(subscription(webhook=url),))) == []


def test_only_recipients_subscribe() -> None:
    name = "OSL-10000000000018-00000"
    assert faults(Declaration(subscriptions=(subscription(name),))) == [(f"subscription {name}", "organization")]


def test_a_role_fits_the_type_of_its_organization() -> None:
    assert faults(Declaration(clients=(client(role=Role.SI),))) == [("client depot", "role")]
    assert faults(Declaration(clients=(client(role=Role.DATAPASS),))) == []


def test_an_account_is_refused_at_the_item() -> None:
    key = line(ed25519.Ed25519PrivateKey.generate().public_key())
    wrong = account(
        public_keys=(key, "nonsense"),
        networks=("192.0.2.0/24", "192.0.2.1/24", "nowhere"),
        acknowledge_on=frozenset({Gesture.OPEN_PAGE}),
        flat=True,
        serves=((TOWN, "A"), (TOWN, "B")),
    )
    fields = [field for _, field in faults(Declaration(accounts=(wrong,)))]
    assert fields == ["public_keys[1]", "networks[1]", "networks[2]", "acknowledge_on", "flat"]


def test_keys_of_every_usual_kind_are_accepted() -> None:
    check_public_key(line(ed25519.Ed25519PrivateKey.generate().public_key()) + " somebody@host")
    check_public_key(line(ec.generate_private_key(ec.SECP256R1()).public_key()))
    check_public_key(line(rsa.generate_private_key(65537, 2048).public_key()))
    name = b"sk-ssh-ed25519@openssh.com"
    blob = len(name).to_bytes(4, "big") + name + bytes(40)
    check_public_key(f"{name.decode()} {base64.b64encode(blob).decode()}")


def test_short_rsa_keys_are_for_old_clients_alone() -> None:
    short = line(rsa.generate_private_key(65537, 1024).public_key())
    with pytest.raises(ValueError, match="1024 bits is too short: at least 2048"):
        check_public_key(short)
    check_public_key(short, legacy=True)
    rows = (replace(account(public_keys=(short,))),)
    assert [field for _, field in faults(Declaration(accounts=rows))] == ["public_keys[0]"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not an OpenSSH public key"),
        ("ssh-ed25519", "not an OpenSSH public key"),
        ("ssh-ed25519 ***", "not base64"),
        ("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS", "not of type ssh-rsa"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1Hw", "cannot be read"),
        ("ssh-dss AAAAB3NzaC1kc3M=", "DSA keys are not accepted"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "not an OpenSSH public key|not base64"),
    ],
)
def test_what_is_no_public_key_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_public_key(text)


def test_two_subscriptions_never_share_a_directory_of_answers() -> None:
    key = line(ed25519.Ed25519PrivateKey.generate().public_key())
    target = PushTarget("sftp.example.org", "hub", (key,), directory="in", answers="out")
    first = subscription(transport=Transport.PUSH, push=target)
    second = replace(first, record=replace(first.record, process="other"), origin="second")
    assert faults(Declaration(subscriptions=(first, second))) == [("second", "push")]
    apart = replace(second, record=replace(second.record, push=replace(target, answers="out2")))
    assert faults(Declaration(subscriptions=(first, apart))) == []


def test_rights_over_moves_are_for_operators_alone() -> None:
    for role, expected in ((Role.OSL, [("client depot", "rights")]), (Role.ADMIN, [("client depot", "role")])):
        asked = client(role=role)
        row = replace(asked, record=replace(asked.record, rights=frozenset({Right.PLAN})))
        assert faults(Declaration(clients=(row,))) == expected
