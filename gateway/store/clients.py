"""API clients and the access tokens given to them. Of a token only its SHA-256 is kept."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from gateway.domain.identity import Right, Role
from gateway.domain.referential import ApiClient
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import access_tokens as tokens
from gateway.store.tables import api_clients as clients
from gateway.store.values import from_json, to_json, to_ms

_c = clients.c
_COLUMNS = [_c.client_id, _c.organization_id, _c.role, _c.process_code, _c.secret_hashes, _c.enabled, _c.rights]
_CHANGING = [column.name for column in _COLUMNS[1:]]

_INSERT = insert_into(clients)
_get = select(*_COLUMNS).where(_c.client_id == bindparam("id"))
_GET = Statement(_get)
_HOLD = Statement(_get.with_for_update())
_AFTER = Statement(
    select(*_COLUMNS).where(_c.client_id > bindparam("last")).order_by(_c.client_id).limit(bindparam("most"))
)
_UPDATE = Statement(
    update(clients)
    .where(_c.client_id == bindparam("of"))
    .values({name: bindparam(name) for name in (*_CHANGING, "updated_at")})
)
_ISSUE = insert_into(tokens)
_BEARER = Statement(
    select(*_COLUMNS, tokens.c.role)
    .join(tokens, tokens.c.client_id == _c.client_id)
    .where(tokens.c.digest == bindparam("digest"), tokens.c.expires_at > bindparam("now"))
)
_REVOKE = Statement(delete(tokens).where(tokens.c.client_id == bindparam("client")))
_REVOKE_ONE = Statement(
    delete(tokens).where(tokens.c.digest == bindparam("of"), tokens.c.client_id == bindparam("client"))
)
_FORGET = Statement(delete(tokens).where(tokens.c.expires_at <= bindparam("now")))


class Clients:
    """Rows of `api_clients` and `access_tokens`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, client_id: str) -> ApiClient | None:
        """The client of that id."""
        row = self._session.row(_GET, id=client_id)
        return None if row is None else _client(row)

    def hold(self, client_id: str) -> ApiClient | None:
        """The same, kept from others that hold it until the transaction ends."""
        row = self._session.row(_HOLD, id=client_id)
        return None if row is None else _client(row)

    def after(self, client_id: str, most: int) -> list[ApiClient]:
        """The clients behind an id, in the engine's order of ids, which never changes."""
        return [_client(row) for row in self._session.rows(_AFTER, last=client_id, most=most)]

    def bearer(self, digest: bytes, now: datetime) -> tuple[ApiClient, Role] | None:
        """Whose unexpired token has that SHA-256, and the role it was asked for."""
        row = self._session.row(_BEARER, digest=digest, now=to_ms(now))
        return None if row is None else _bearer(row)

    def issue(self, digest: bytes, client_id: str, role: Role, expires_at: datetime) -> None:
        """Keeps the SHA-256 of a new token."""
        self._session.run(_ISSUE, digest=digest, client_id=client_id, role=role, expires_at=to_ms(expires_at))

    def revoke(self, client_id: str) -> int:
        """Ends every token of a client."""
        return self._session.run(_REVOKE, client=client_id)

    def revoke_one(self, digest: bytes, client_id: str) -> bool:
        """Ends one token, if it is that client's."""
        return self._session.run(_REVOKE_ONE, of=digest, client=client_id) == 1

    def forget_expired(self, now: datetime) -> int:
        """Drops the tokens that are over."""
        return self._session.run(_FORGET, now=to_ms(now))

    def add(self, client: ApiClient, now: datetime) -> None:
        """Adds a new one."""
        self._session.run(
            _INSERT, client_id=client.client_id, created_at=to_ms(now), updated_at=None, **_values(client)
        )

    def change(self, client: ApiClient, now: datetime) -> None:
        """Writes every field but the id."""
        self._session.run(_UPDATE, of=client.client_id, updated_at=to_ms(now), **_values(client))


def _values(client: ApiClient) -> dict[str, Any]:
    return {
        "organization_id": client.organization,
        "role": client.role,
        "process_code": client.process,
        "secret_hashes": to_json(list(client.secret_hashes)),
        "enabled": client.enabled,
        "rights": to_json(sorted(client.rights)),
    }


@lru_cache(maxsize=1024)
def _bearer(row: Row) -> tuple[ApiClient, Role]:
    """Made once of equal rows: every request reads one, and nearly always the same."""
    return _client(row), Role(row[-1])


def _client(row: Row) -> ApiClient:
    return ApiClient(
        client_id=row[0],
        organization=row[1],
        role=Role(row[2]),
        process=row[3],
        secret_hashes=tuple(from_json(row[4])),
        enabled=bool(row[5]),
        rights=frozenset(map(Right, from_json(row[6]))),
    )
