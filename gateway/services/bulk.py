"""What the verbs on whole files have in common: rows that are all sound before the first is carried out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar, cast

from gateway.services.office import Office
from gateway.services.ports import Transaction

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

MOST_ROWS: Final = 10_000
"""Rows of a file that is carried out in one transaction: others' writes wait for its end."""


class Outcome(StrEnum):
    """What becomes of a row. UNCHANGED: it is as the file asks already, so that a file may be run again."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with the row of that position, from 0, in the cell of that column."""

    row: int
    column: str
    message: str


class RefusedRowsError(Exception):
    """Some rows cannot be carried out, so none was; `faults` lists everything that is wrong."""

    def __init__(self, faults: Iterable[RowFault]) -> None:
        self.faults: tuple[RowFault, ...] = tuple(faults)
        super().__init__(self.faults)


def repeated(keys: Sequence[K], column: str) -> list[RowFault]:
    """A fault for each row that names what an earlier one names."""
    first: dict[K, int] = {}
    return [
        RowFault(row, column, f"is in row {first[key] + 1} of the file already")
        for row, key in enumerate(keys)
        if first.setdefault(key, row) != row
    ]


async def in_one(office: Office, verb: Callable[[Transaction], T], *, dry_run: bool) -> T:
    """Runs a verb in one transaction; with `dry_run` it is undone, and what it answered is answered all the same."""

    def undone(tx: Transaction) -> T:
        raise _Undone(verb(tx))

    if not dry_run:
        return await office.store.write(verb)
    try:
        return await office.store.write(undone)
    except _Undone as done:
        return cast(T, done.answer)


class _Undone(Exception):  # noqa: N818 (the way to undo a transaction, not a mistake)
    """Takes an answer out of the transaction that it undoes."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer: object = answer
