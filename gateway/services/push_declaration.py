"""Declaring a subscriber's own SFTP server: its faults, its secrets sealed, the account that stands for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Transport
from gateway.domain.ids import new_id
from gateway.domain.pushing import ACCOUNT_PREFIX, PushTarget
from gateway.domain.referential import SftpAccount, Subscription
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.push import purpose
from gateway.services.push_secrets import UnsealableError, seal, unseal

_MOST_KEYS: Final = 4
_LONGEST: Final = 500
_ACKNOWLEDGING: Final = frozenset({Gesture.READ, Gesture.ANSWER})


def push_faults(record: Subscription, check_key: Callable[[str], None]) -> Iterator[str]:
    """What is wrong with the server of a declared subscription. `check_key` raises ValueError for a bad public key."""
    target = record.push
    if target is None:
        if record.transport is Transport.PUSH:
            yield "transport push needs to know where: give push: {host, username, hostKey, directory, …}"
        return
    if not 1 <= len(target.host_keys) <= _MOST_KEYS:
        yield f"give the server's host key as hostKey, or up to {_MOST_KEYS} of them"
    for line in target.host_keys:
        try:
            check_key(line)
        except ValueError as error:
            yield f"hostKey: {error}"
    if not target.host or not target.host.isprintable() or any(each in target.host for each in " /@"):
        yield "host must be a name or an address, without a port"
    if not 1 <= target.port <= 65535:
        yield "port must lie between 1 and 65535"
    for path in (target.directory, target.answers):
        if path is not None and not (0 < len(path) <= _LONGEST and path.isprintable()):
            yield "directory and answers must be paths on the server"
    if target.answers is not None and target.answers.rstrip("/") == target.directory.rstrip("/"):
        yield "answers must be another directory than the one that takes archives"
    if target.password is not None and target.key is not None:
        yield "give either a password or a key, or neither: then the gateway's own key logs in"
    if target.key is not None and not _readable(target.key):
        yield "key must be a private key as OpenSSH keeps it, without a passphrase"
    if not target.acknowledge_on <= _ACKNOWLEDGING:
        yield f"acknowledgeOn must be among {', '.join(sorted(_ACKNOWLEDGING))}"


def sealed(office: Office, known: Subscription | None, record: Subscription) -> Subscription:
    """The declared subscription as it is kept. Secrets that did not change stay sealed as they were."""
    if record.push is None or (known is not None and record.push == known.push):
        return record
    before = None if known is None else known.push
    password = _sealed(office, record, record.push.password, before.password if before else None)
    key = _sealed(office, record, record.push.key, before.key if before else None)
    return replace(record, push=replace(record.push, password=password, key=key))


def stand_in(tx: Transaction, record: Subscription, now: datetime) -> None:
    """Makes or changes the account on whose behalf the gateway acts at the server; it has no credential."""
    if record.push is None:
        return
    name = ACCOUNT_PREFIX + record.id
    known = tx.accounts.by_username(name)
    gestures = record.push.acknowledge_on
    if known is None:
        account = SftpAccount(new_id(), record.organization, name, acknowledge_on=gestures, enabled=False)
        tx.accounts.add(account, now)
        tx.accounts.serve(account.id, {record.id})
    elif known.acknowledge_on != gestures:
        tx.accounts.change(replace(known, acknowledge_on=gestures, version=known.version + 1), now)


def _sealed(office: Office, record: Subscription, secret: str | None, before: str | None) -> str | None:
    if secret is None:
        return None
    if before is not None:
        try:
            if unseal(office, purpose(record.id), before) == secret:
                return before
        except UnsealableError:
            pass  # of another master key: it is sealed anew
    return seal(office, purpose(record.id), secret)


def _readable(key: str) -> bool:
    try:
        load_ssh_private_key(key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def same_place(first: PushTarget, second: PushTarget) -> bool:
    """Whether two servers share a directory of answers, so that each would take the other's."""
    return first.answers is not None and (first.host, first.port, first.username, first.answers) == (
        second.host,
        second.port,
        second.username,
        second.answers,
    )
