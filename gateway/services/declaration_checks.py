"""What is wrong with declared rows by themselves, before the store is asked."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from gateway.domain.authorized_keys import parse
from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Role
from gateway.domain.password_hashes import check_password_hash
from gateway.domain.referential import ApiClient, SftpAccount, Subscription
from gateway.pec.names import check_template
from gateway.services.declaration import Declaration, Declared, DeclaredAccount, RowFault
from gateway.services.push_declaration import push_faults, same_place
from gateway.services.webhook_keys import usable_address

D = TypeVar("D", bound=Declared[Any])

RSA_BITS: Final = 2048
LEGACY_RSA_BITS: Final = 1024
ACKNOWLEDGING: Final = frozenset({Gesture.READ, Gesture.RENAME, Gesture.DELETE, Gesture.ANSWER})
_WITHOUT_CURVE: Final = ("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")


def row_faults(declaration: Declaration) -> Iterator[RowFault]:
    """Every fault that the rows show without the store: duplicates, templates, addresses, keys, networks."""
    yield from _twice(declaration.organizations, lambda row: str(row.record.id), "id", "organization")
    yield from _twice(declaration.processes, lambda row: row.record.code, "code", "process")
    yield from _twice(declaration.subscriptions, _subscription_name, "", "subscription")
    yield from _twice(declaration.clients, lambda row: row.record.client_id, "client_id", "client_id")
    yield from _twice(declaration.accounts, lambda row: row.record.username, "username", "username")
    for subscription in declaration.subscriptions:
        yield from _subscription(subscription)
    yield from _shared_answers(declaration.subscriptions)
    for client in declaration.clients:
        yield from _client(client)
    for account in declaration.accounts:
        yield from _account(account)


def check_public_key(text: str, *, legacy: bool = False) -> None:
    """Accept one OpenSSH public key line, or raise ValueError saying what to change.

    `legacy`: RSA keys of old clients may be as short as 1024 bits.
    """
    parts = text.split()
    if len(parts) < 2:
        raise ValueError("not an OpenSSH public key: write it as in a .pub file, `ssh-ed25519 AAAA…`")
    kind, encoded = parts[:2]
    if kind == "ssh-dss":
        raise ValueError("DSA keys are not accepted; use ssh-ed25519, ecdsa-sha2-… or ssh-rsa")
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not an OpenSSH public key: its second word is not base64") from None
    length = int.from_bytes(blob[:4], "big")
    if blob[4 : 4 + length] != kind.encode():
        raise ValueError(f"not an OpenSSH public key: the key inside is not of type {kind}")
    if kind in _WITHOUT_CURVE:
        return
    try:
        key = load_ssh_public_key(f"{kind} {encoded}".encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"this {kind} public key cannot be read; use ssh-ed25519, ecdsa-sha2-… or ssh-rsa") from None
    least = LEGACY_RSA_BITS if legacy else RSA_BITS
    if isinstance(key, RSAPublicKey) and key.key_size < least:
        raise ValueError(f"an RSA key of {key.key_size} bits is too short: at least {least} are needed")


def _twice(rows: Sequence[D], name: Callable[[D], str], field: str, noun: str) -> Iterator[RowFault]:
    seen: set[str] = set()
    for row in rows:
        key = name(row)
        if key in seen:
            yield RowFault(row.origin, field, f"the {noun} {key} is declared twice")
        seen.add(key)


def _subscription_name(row: Declared[Subscription]) -> str:
    return f"{row.record.organization} to {row.record.process}"


def _subscription(row: Declared[Subscription]) -> Iterator[RowFault]:
    record = row.record
    if not record.organization.startswith("SI-"):
        yield RowFault(row.origin, "organization", "a subscriber is an organization of type SI")
    for message in push_faults(record, check_public_key):
        yield RowFault(row.origin, "transport" if record.push is None else "push", message)
    if record.template is not None:
        try:
            check_template(record.template)
        except ValueError as error:
            yield RowFault(row.origin, "template", str(error))
    if record.webhook is not None and not usable_address(record.webhook):
        yield RowFault(row.origin, "webhook", "must be an https:// address (http:// only to this machine itself)")
    if record.activate_at and record.end_at and record.end_at <= record.activate_at:
        yield RowFault(row.origin, "end_at", "must be later than the activation date")


def _shared_answers(rows: Sequence[Declared[Subscription]]) -> Iterator[RowFault]:
    """Each server's directory of answers belongs to one subscription: what lies there does not say to which."""
    pushed = [(row, row.record.push) for row in rows if row.record.push is not None]
    for position, (row, target) in enumerate(pushed):
        if any(same_place(target, earlier) for _, earlier in pushed[:position]):
            yield RowFault(
                row.origin, "push", "another subscription has the same directory of answers; give each its own"
            )


def _client(row: Declared[ApiClient]) -> Iterator[RowFault]:
    kind, _, _ = row.record.organization.partition("-")
    role = row.record.role
    if role is not Role.DATAPASS and role != kind:
        yield RowFault(
            row.origin, "role", f"role {role} needs an organization of type {role}, this one is of type {kind}"
        )
    if row.record.rights and role is not Role.ADMIN:
        yield RowFault(row.origin, "rights", f"rights over moves are for clients of role ADMIN, this one is {role}")


def _account(row: DeclaredAccount) -> Iterator[RowFault]:
    record: SftpAccount = row.record
    if row.password_hash is not None:
        try:
            check_password_hash(row.password_hash)
        except ValueError as error:
            yield RowFault(row.origin, "password_hash", str(error))
    for position, key in enumerate(record.public_keys):
        try:
            check_public_key(parse(key).key, legacy=record.legacy_algorithms_until is not None)
        except ValueError as error:
            yield RowFault(row.origin, f"public_keys[{position}]", str(error))
    for position, key in enumerate(record.authorities):
        try:
            check_public_key(parse(key).key)
        except ValueError as error:
            yield RowFault(row.origin, f"authorities[{position}]", str(error))
    for position, network in enumerate(record.networks):
        try:
            ipaddress.ip_network(network)
        except ValueError:
            message = "must be a network such as 192.0.2.0/24 or 2001:db8::/32, without bits beyond its prefix"
            yield RowFault(row.origin, f"networks[{position}]", message)
    if not record.acknowledge_on <= ACKNOWLEDGING:
        yield RowFault(row.origin, "acknowledge_on", f"must be among {', '.join(sorted(ACKNOWLEDGING))}")
    processes = sorted({served.process for served in row.serves or ()})
    if record.flat and len(processes) > 1:
        message = f"a flat account serves one process, this one has several: {', '.join(processes)}"
        yield RowFault(row.origin, "flat", message)
