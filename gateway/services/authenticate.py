"""Who is calling: tokens for the API, accounts for SFTP."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import secrets as random
from dataclasses import dataclass

from gateway.domain.errors import InvalidRequestError, UnauthorizedError
from gateway.domain.identity import Caller, Door, Partner, Role
from gateway.domain.journal import Entry
from gateway.domain.referential import ApiClient, SftpAccount
from gateway.services.office import Office
from gateway.services.ports import Transaction

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Grant:
    """A new access token; `expires_in` in seconds."""

    token: str
    expires_in: int
    role: Role


async def grant_token(office: Office, client_id: str, secret: str, scope: str) -> Grant:
    """Gives a client a token for one of its roles (hub v1, Token).

    Raises UnauthorizedError when the client is unknown, disabled or gave a wrong secret, which are told apart by
    nothing; InvalidRequestError when the scope is not one that it may ask for.
    """
    client = await _proven(office, client_id, secret)
    role = _role(client, scope)
    token = random.token_urlsafe(32)
    lifetime = office.policy.token_lifetime  # read once: it may change while the row is written
    expires_at = office.clock() + lifetime
    await office.store.write(lambda tx: tx.clients.issue(_digest(token), client_id, role, expires_at))
    office.meter.count("logins_total", door=Door.API, outcome="accepted")
    return Grant(token, int(lifetime.total_seconds()), role)


async def revoke_token(office: Office, client_id: str, secret: str, token: str) -> bool:
    """Ends a token of the client's own, at once; False when it had no such token (RFC 7009).

    Raises UnauthorizedError as `grant_token` does.
    """
    client = await _proven(office, client_id, secret)

    def verb(tx: Transaction) -> bool:
        ended = tx.clients.revoke_one(_digest(token), client_id)
        if ended:
            caller = Caller(client.organization, client.role, Door.API, client_id, process=client.process)
            detail = {"client": client_id, "of": client.organization, "tokens": 1}
            tx.journal.write(Entry.TOKENS_REVOKED, caller, office.clock(), detail=detail)
        return ended

    return await office.store.write(verb)


async def bearer(office: Office, token: str, partner: Partner | None = None) -> Caller:
    """The caller that holds the token. Raises UnauthorizedError when it is unknown, expired or revoked."""
    now = office.clock()
    found = await office.store.glance(lambda tx: tx.clients.bearer(_digest(token), now))
    if found is None or not found[0].enabled:
        raise UnauthorizedError("Invalid Credentials. Make sure you have provided the correct security credentials")
    client, role = found
    return Caller(client.organization, role, Door.API, client.client_id, process=client.process, partner=partner)


async def sftp_account(office: Office, username: str) -> SftpAccount | None:
    """The enabled account of that name, for logins with a key."""
    account = await office.store.read(lambda tx: tx.accounts.by_username(username))
    return account if account and account.enabled else None


async def password_login(office: Office, username: str, password: str) -> SftpAccount | None:
    """The account, if the password is right. An unknown account costs the same work as a wrong password."""
    account = await sftp_account(office, username)
    stored = account.password_hash if account else None
    if not await _matches_any(office, username, (stored,) if stored else (), password):
        return None
    return account


def admits(account: SftpAccount, address: str) -> bool:
    """Whether the account may log in from that IP address; no networks given: from anywhere."""
    if not account.networks:
        return True
    try:
        source = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(source, ipaddress.IPv6Address) and source.ipv4_mapped:
        source = source.ipv4_mapped
    return any(source in ipaddress.ip_network(network, strict=False) for network in account.networks)


def account_caller(account: SftpAccount, door: Door = Door.SFTP) -> Caller:
    """The caller that a logged-in account is."""
    return Caller(account.organization, Role.SI, door, account.username, account=account.id)


async def _proven(office: Office, client_id: str, secret: str) -> ApiClient:
    client = await office.store.read(lambda tx: tx.clients.get(client_id))
    hashes = client.secret_hashes if client and client.enabled else ()
    if not await _matches_any(office, client_id, hashes, secret) or client is None:
        office.meter.count("logins_total", door=Door.API, outcome="refused")
        raise UnauthorizedError("Client authentication failed: check client_id and client_secret")
    return client


def _role(client: ApiClient, scope: str) -> Role:
    may = {client.role, Role.ADMIN} if client.role is Role.DATAPASS else {client.role}
    if scope in may:
        return Role(scope)
    raise InvalidRequestError(f"The scope must be one that this client may use: {', '.join(sorted(may))}")


async def _matches_any(office: Office, name: str, hashes: tuple[str, ...], secret: str) -> bool:
    now = office.clock()
    if any(office.logins.known(name, stored, secret, now) for stored in hashes):
        return True
    for stored in hashes:
        if await asyncio.to_thread(office.secrets.verify, stored, secret):
            office.logins.remember(name, stored, secret, now)
            return True
    if not hashes:
        await asyncio.to_thread(office.secrets.verify, _NOBODY, secret)
    return False


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
