"""A request that is repeated under its idempotency key gets the answer it got the first time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from gateway.domain.errors import ConflictError
from gateway.domain.identity import Caller
from gateway.services.ports import Store, Transaction

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Once:
    """The key of a request, the digest of what it asks, and how the door renders the answer to be kept."""

    key: str
    request: bytes
    render: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer that the first request under the key got, as the door rendered it."""

    text: str


def only_once(
    tx: Transaction, caller: Caller, once: Once | None, now: datetime, verb: Callable[[Transaction], V]
) -> V | Replay:
    """Runs `verb` unless the key was used before; keeps its answer in the same transaction.

    Raises ConflictError when the key was used for another request.
    """
    if once is None:
        return verb(tx)
    first = tx.idempotency.claim(caller.actor, once.key, once.request, now)
    if first is not None:
        request, answer = first
        if request != once.request:
            raise ConflictError("This Idempotency-Key was used for another request; use a new key for a new request")
        return Replay(answer)
    result = verb(tx)
    tx.idempotency.answer(caller.actor, once.key, once.render(result))
    return result


async def repeated(store: Store, caller: Caller, once: Once, now: datetime) -> Replay | None:
    """The first answer under the key, if there is one; for verbs that do much before the transaction that claims it.

    Raises ConflictError when the key was used for another request.
    """

    def unused(_tx: Transaction) -> NoReturn:
        raise _UnusedError

    try:
        answer: Replay = await store.write(lambda tx: only_once(tx, caller, once, now, unused))
    except _UnusedError:
        return None
    return answer


class _UnusedError(Exception):
    """The key was not used; undoes its claim."""
