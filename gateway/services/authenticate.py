"""Who is calling: tokens for the API, accounts for SFTP."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import secrets as random
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.authorized_keys import plain_address
from gateway.domain.errors import InvalidRequestError, UnauthorizedError, UnavailableError
from gateway.domain.identity import Caller, Door, Partner, Role
from gateway.domain.journal import Entry
from gateway.domain.password_hashes import outdated
from gateway.domain.referential import ApiClient, SftpAccount
from gateway.domain.sightings import Sighting, mark_of, readable
from gateway.services import penalties, sightings
from gateway.services.office import Office
from gateway.services.ports import Transaction

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Grant:
    """A new access token; `expires_in` in seconds."""

    token: str
    expires_in: int
    role: Role


async def grant_token(
    office: Office,
    client_id: str,
    secret: str,
    scope: str,
    *,
    address: str | None = None,
    software: str | None = None,
) -> Grant:
    """Gives a client a token for one of its roles (hub v1, Token). `address` and `software`: whence, and with what.

    Raises UnauthorizedError when the client is unknown, disabled or gave a wrong secret, which are told apart by
    nothing; InvalidRequestError when the scope is not one that it may ask for.
    """
    client, stored = await _proven(office, client_id, secret, address)
    role = _role(client, scope)
    token = random.token_urlsafe(32)
    lifetime = office.policy.token_lifetime  # read once: it may change while the row is written
    expires_at = office.clock() + lifetime
    await office.store.write(lambda tx: tx.clients.issue(_digest(token), client_id, role, expires_at))
    office.meter.count("logins_total", door=Door.API, outcome="accepted")
    await sightings.note(
        office, Sighting(Door.API, client_id, office.clock(), readable(software), mark=mark_of(stored))
    )
    return Grant(token, int(lifetime.total_seconds()), role)


async def revoke_token(office: Office, client_id: str, secret: str, token: str, *, address: str | None = None) -> bool:
    """Ends a token of the client's own, at once; False when it had no such token (RFC 7009).

    Raises UnauthorizedError as `grant_token` does.
    """
    client, _ = await _proven(office, client_id, secret, address)

    def verb(tx: Transaction) -> bool:
        ended = tx.clients.revoke_one(_digest(token), client_id)
        if ended:
            caller = _client_caller(client)
            detail = {"client": client_id, "of": client.organization, "tokens": 1}
            tx.journal.write(Entry.TOKENS_REVOKED, caller, office.clock(), detail=detail)
        return ended

    return await office.store.write(verb)


async def bearer(office: Office, token: str, partner: Partner | None = None) -> Caller:
    """The caller that holds the token. Raises UnauthorizedError when it is unknown, expired or revoked."""
    now = office.clock()
    found = await office.store.peek(lambda tx: tx.clients.bearer(_digest(token), now))
    if found is None or not found[0].enabled:
        raise UnauthorizedError("Invalid Credentials. Make sure you have provided the correct security credentials")
    client, role = found
    return Caller(
        client.organization,
        role,
        Door.API,
        client.client_id,
        process=client.process,
        partner=partner,
        rights=client.rights,
        lent=role is not client.role,
    )


async def sftp_account(office: Office, username: str) -> SftpAccount | None:
    """The enabled account of that name."""
    account = await office.store.glance(lambda tx: tx.accounts.by_username(username))
    return account if account and account.enabled else None


async def still(office: Office, account: SftpAccount) -> bool:
    """Whether an account that logged in is now what it was then; a hash of the same password made anew is no change."""
    found = await sftp_account(office, account.username)
    return found is not None and replace(found, password_hash=account.password_hash) == account


async def key_login(office: Office, username: str, address: str = "") -> SftpAccount | None:
    """The account whose keys may log in from that IP address. A key cannot be guessed, so none counts as a failure."""
    now = office.clock()
    account, record = await office.store.glance(lambda tx: _sftp(tx, office, username, address, now))
    if reason := "penalty" if record.waits(now) else _barred(account, address):
        _turned_away(office, Door.SFTP, reason)
        return None
    return account


async def password_login(office: Office, username: str, password: str, address: str = "") -> SftpAccount | None:
    """The account, if the password is right and may be used from that IP address.

    Whatever is wrong costs one read, one verification and one write, as does an account that does not exist. Who has to
    wait is refused without a verification, right or wrong.
    """
    now = office.clock()
    account, record = await office.store.glance(lambda tx: _sftp(tx, office, username, address, now))
    stored, reason = _password_of(office, account, address, now)
    if record.waits(now) or (record.crowded(now) and not office.logins.known(username, stored, password, now)):
        _turned_away(office, Door.SFTP, "penalty")
        return None
    if await _matching(office, username, (stored,) if stored else (), password) is None or account is None:
        await penalties.failed(office, record, account_caller(account) if account else None)
        _turned_away(office, Door.SFTP, reason)
        return None
    with suppress(UnavailableError):  # the password is right, whether that can be noted or not
        await penalties.forgiven(office, record)
        if outdated(stored):
            return await _rehashed(office, account, stored, password)
    return account


def admits(account: SftpAccount, address: str) -> bool:
    """Whether the account may log in from that IP address; no networks given: from anywhere."""
    if not account.networks:
        return True
    source = plain_address(address)
    return source is not None and any(
        source in ipaddress.ip_network(network, strict=False) for network in account.networks
    )


def account_caller(account: SftpAccount, door: Door | None = None) -> Caller:
    """The caller that a logged-in account is, or one that stands for a subscriber's own server."""
    door = door or (Door.PUSH if account.pushed else Door.SFTP)
    return Caller(account.organization, Role.SI, door, account.username, account=account.id)


async def _proven(office: Office, client_id: str, secret: str, address: str | None) -> tuple[ApiClient, str]:
    """The client, and the stored hash that its secret matched."""
    now = office.clock()
    counted = penalties.counts_at_rest_door(address)

    def query(tx: Transaction) -> tuple[ApiClient | None, penalties.Record]:
        found = tx.clients.get(client_id)
        known = found is not None
        return found, penalties.record(tx, office, Door.API, address or "", client_id, now, known=known)

    client, record = await office.store.read(query)
    hashes = client.secret_hashes if client and client.enabled else ()
    remembered = any(office.logins.known(client_id, stored, secret, now) for stored in hashes)
    waits = counted and (record.waits(now) or (record.crowded(now) and not remembered))
    stored = None if waits else await _matching(office, client_id, hashes, secret)
    if stored is None or client is None:
        if counted and not waits:
            await penalties.failed(office, record, _client_caller(client) if client else None)
        office.meter.count("logins_total", door=Door.API, outcome="refused")
        _turned_away(office, Door.API, "penalty" if waits else "secret")
        raise UnauthorizedError("Client authentication failed: check client_id and client_secret")
    if counted:
        with suppress(UnavailableError):
            await penalties.forgiven(office, record)
    return client, stored


def _client_caller(client: ApiClient) -> Caller:
    return Caller(client.organization, client.role, Door.API, client.client_id, process=client.process)


def _role(client: ApiClient, scope: str) -> Role:
    may = {client.role, Role.ADMIN} if client.role is Role.DATAPASS else {client.role}
    if scope in may:
        return Role(scope)
    raise InvalidRequestError(f"The scope must be one that this client may use: {', '.join(sorted(may))}")


def _sftp(
    tx: Transaction, office: Office, username: str, address: str, now: datetime
) -> tuple[SftpAccount | None, penalties.Record]:
    account = tx.accounts.by_username(username)
    known = account is not None
    return account, penalties.record(tx, office, Door.SFTP, address, username, now, known=known)


def _barred(account: SftpAccount | None, address: str) -> str | None:
    """Why nobody logs in as that account from there, whatever the credential; None when somebody may."""
    if account is None:
        return "unknown"
    if not account.enabled:
        return "disabled"
    return None if admits(account, address) else "network"


def _password_of(office: Office, account: SftpAccount | None, address: str, now: datetime) -> tuple[str, str]:
    """The hash to compare with, empty when no password opens the account now; and what to call it if none fits."""
    barred = _barred(account, address)
    if account is None or barred is not None:
        return "", barred or "unknown"
    until = account.password_until
    if until is not None and now.astimezone(office.policy.zone).date() > until:
        return "", "expired"
    return account.password_hash or "", "password"


def _turned_away(office: Office, door: Door, reason: str) -> None:
    office.meter.count("logins_refused_total", door=door, reason=reason)


async def _rehashed(office: Office, account: SftpAccount, stored: str, password: str) -> SftpAccount:
    """The account with its password's hash made anew, as all are made now."""
    anew = await asyncio.to_thread(office.secrets.hash, password)
    if not await office.store.write(lambda tx: tx.accounts.rehash(account.id, stored, anew)):
        return account
    office.logins.remember(account.username, anew, password, office.clock())
    return replace(account, password_hash=anew)


async def _matching(office: Office, name: str, hashes: tuple[str, ...], secret: str) -> str | None:
    """Which of the hashes is that of the secret."""
    now = office.clock()
    for stored in hashes:
        if office.logins.known(name, stored, secret, now):
            return stored
    for stored in hashes:
        if await asyncio.to_thread(office.secrets.verify, stored, secret):
            office.logins.remember(name, stored, secret, now)
            return stored
    if not hashes:
        await asyncio.to_thread(office.secrets.verify, _NOBODY, secret)
    return None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
