"""Small verbs, to be told apart by a key, for the tests of the engines."""

from __future__ import annotations

from collections.abc import Callable

from gateway.store.transaction import Transaction
from tests.store.rows import NOW


def writing(key: str) -> Callable[[Transaction], str]:
    """A verb that writes that key and answers it."""

    def verb(tx: Transaction) -> str:
        assert tx.idempotency.claim("test", key, b"", NOW) is None
        return key

    return verb


def noted(tx: Transaction) -> set[str]:
    """The keys that were written."""
    return {row[0] for row in tx.session.connection.execute("SELECT key FROM idempotency", {}).fetchall()}
