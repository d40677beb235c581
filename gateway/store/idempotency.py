"""Answers already given to requests that carried an idempotency key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import idempotency
from gateway.store.values import to_ms

_c = idempotency.c
_CLAIM = Statement(
    lambda insert: (
        insert(idempotency)
        .values({column.name: bindparam(column.name) for column in idempotency.columns})
        .on_conflict_do_nothing(index_elements=[_c.client, _c.key])
    )
)
_GET = Statement(select(_c.request, _c.answer).where(_c.client == bindparam("who"), _c.key == bindparam("of")))
_ANSWER = Statement(
    update(idempotency)
    .where(_c.client == bindparam("who"), _c.key == bindparam("of"))
    .values(answer=bindparam("given"))
)
_FORGET = Statement(delete(idempotency).where(_c.created_at <= bindparam("before")))


class Idempotency:
    """Rows of `idempotency`, by client and key."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, client: str, key: str, request: bytes, now: datetime) -> tuple[bytes, str] | None:
        """Takes the key for this request (its digest); None if it was free, else what it was used for.

        A second request with the same key waits here until the first one's transaction has ended.
        """
        values = {"client": client, "key": key, "request": request, "answer": "", "created_at": to_ms(now)}
        if self._session.run(_CLAIM, **values) == 1:
            return None
        row = self._session.row(_GET, who=client, of=key)
        assert row is not None
        return bytes(row[0]), row[1]

    def answer(self, client: str, key: str, answer: str) -> None:
        """Keeps what the claimed request is answered with."""
        self._session.run(_ANSWER, who=client, of=key, given=answer)

    def forget(self, before: datetime) -> int:
        """Drops the records that are older."""
        return self._session.run(_FORGET, before=to_ms(before))
