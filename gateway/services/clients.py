"""API clients and their credentials, as operators keep them: two secrets at a time, tokens ended at once.

A token is a row that every request looks up, so that what ends here ends for the next request of every process.
"""

from __future__ import annotations

import asyncio
import secrets as random
from dataclasses import replace
from typing import Any, Final

from gateway.domain.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Door
from gateway.domain.journal import Entry
from gateway.domain.referential import ApiClient
from gateway.domain.sightings import mark_of
from gateway.services.access import operators_alone
from gateway.services.credentials import SECRET_BYTES
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction

MOST_SECRETS: Final = 2
"""A new secret is put to use while the old one still works; more would be secrets nobody retires."""
_PLACES: Final = {"old": 0, "1": 0, "new": -1, "2": 1}


async def find(office: Office, caller: Caller, after: str, most: int) -> list[ApiClient]:
    """At most `most` clients in the order of their ids, from behind the id `after` on. For operators."""
    operators_alone(caller)
    return await office.store.read(lambda tx: tx.clients.after(after, most))


async def read(office: Office, caller: Caller, client_id: str) -> ApiClient:
    """One client. Raises ForbiddenError, NotFoundError."""
    operators_alone(caller)
    return await office.store.read(lambda tx: _client(tx, client_id, hold=False))


async def add_secret(office: Office, caller: Caller, client_id: str, once: Once | None = None) -> str:
    """Gives a client a further secret, which is told this once and kept only as a hash.

    Raises ForbiddenError, also for a client that may do more with moves than the caller: with its secret the caller
    could; NotFoundError; ConflictError when it has two, or when the request was made before under its key: the record
    of it holds a digest by which the secret's place is found, and nothing by which it could be told.
    """
    _not_beyond(caller, await read(office, caller, client_id))
    secret = random.token_urlsafe(SECRET_BYTES)
    hashed = await asyncio.to_thread(office.secrets.hash, secret)  # slow: before the transaction
    now = office.clock()

    def add(tx: Transaction) -> str:
        client = _client(tx, client_id)
        _not_beyond(caller, client)
        if len(client.secret_hashes) >= MOST_SECRETS:
            raise ConflictError("The client has two secrets: retire one before another is made", _state(client))
        tx.clients.change(replace(client, secret_hashes=(*client.secret_hashes, hashed)), now)
        _line(tx, office, caller, Entry.CREDENTIAL_ADDED, client, secrets=len(client.secret_hashes) + 1)
        return mark_of(hashed)

    def verb(tx: Transaction) -> None:
        done = only_once(tx, caller, once, now, add)
        if isinstance(done, Replay):
            raise _told(_client(tx, client_id), done.text)

    await office.store.write(verb)
    return secret


async def retire_secret(office: Office, caller: Caller, client_id: str, which: str) -> None:
    """Ends a secret: `old` or `new`, or its position from `1` on, oldest first. Tokens it obtained go on.

    Raises ForbiddenError, InvalidRequestError; NotFoundError for the client; ConflictError when none would be left.
    """
    operators_alone(caller)
    if which not in _PLACES:
        raise InvalidRequestError(f"@path.secret: must be one of {', '.join(_PLACES)}")

    def verb(tx: Transaction) -> None:
        client = _client(tx, client_id)
        if len(client.secret_hashes) < MOST_SECRETS:
            raise ConflictError("The client has no other secret: make a new one first", _state(client))
        hashes = list(client.secret_hashes)
        del hashes[_PLACES[which]]
        tx.clients.change(replace(client, secret_hashes=tuple(hashes)), office.clock())
        (ended,) = set(client.secret_hashes) - set(hashes)
        tx.sightings.forget(Door.API, client_id, mark_of(ended))
        _line(tx, office, caller, Entry.CREDENTIAL_ENDED, client, secret=which)

    await office.store.write(verb)


async def revoke_tokens(office: Office, caller: Caller, client_id: str) -> int:
    """Ends every token of a client, and tells how many there were. Raises ForbiddenError, NotFoundError."""
    operators_alone(caller)

    def verb(tx: Transaction) -> int:
        client = _client(tx, client_id)
        revoked = tx.clients.revoke(client_id)
        _line(tx, office, caller, Entry.TOKENS_REVOKED, client, tokens=revoked)
        return revoked

    return await office.store.write(verb)


async def set_enabled(office: Office, caller: Caller, client_id: str, *, enabled: bool) -> ApiClient:
    """Lets a client in, or shuts it out together with its tokens. Raises ForbiddenError, NotFoundError."""
    operators_alone(caller)

    def verb(tx: Transaction) -> ApiClient:
        client = _client(tx, client_id)
        if client.enabled is enabled:
            return client
        changed = replace(client, enabled=enabled)
        tx.clients.change(changed, office.clock())
        if enabled:
            _line(tx, office, caller, Entry.CREDENTIAL_ADDED, client, enabled=True)
        else:
            _line(tx, office, caller, Entry.CREDENTIAL_ENDED, client, enabled=False)
            _line(tx, office, caller, Entry.TOKENS_REVOKED, client, tokens=tx.clients.revoke(client_id))
        return changed

    return await office.store.write(verb)


def _not_beyond(caller: Caller, client: ApiClient) -> None:
    if caller.door is not Door.GATEWAY and not client.rights <= caller.rights:
        raise ForbiddenError("This credential may give no secret to a client that may do more with moves than it may")


def _client(tx: Transaction, client_id: str, *, hold: bool = True) -> ApiClient:
    usable = client_id.isprintable()  # what is not cannot be an id, and some of it no engine takes
    found = (tx.clients.hold(client_id) if hold else tx.clients.get(client_id)) if usable else None
    if found is None:
        raise NotFoundError("Client")
    return found


def _told(client: ApiClient, mark: str) -> ConflictError:
    places = [str(place) for place, hashed in enumerate(client.secret_hashes, 1) if mark_of(hashed) == mark]
    if not places:
        message = "The secret made under this Idempotency-Key was given already, and has been retired since"
        return ConflictError(message, {**_state(client), "secret": None})
    message = (
        f"The secret made under this Idempotency-Key was given already, as secret {places[0]}, and is not kept: "
        f"if its answer was lost, retire that one and ask for another under a new key"
    )
    return ConflictError(message, {**_state(client), "secret": places[0]})


def _state(client: ApiClient) -> dict[str, str | None]:
    return {"clientId": client.client_id, "secrets": str(len(client.secret_hashes))}


def _line(tx: Transaction, office: Office, caller: Caller, entry: Entry, client: ApiClient, **detail: Any) -> None:
    told = {"client": client.client_id, "of": client.organization, **detail}
    tx.journal.write(entry, caller, office.clock(), detail=told)
