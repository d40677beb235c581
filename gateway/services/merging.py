"""Giving the cases of many organizations to others, as when communes merge: row by row, to be run until all is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway.domain.identity import Caller, OrganizationId
from gateway.domain.referential import SERVED
from gateway.services.access import operators_alone
from gateway.services.bulk import Outcome, RowFault, repeated
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.transfers import migrate_cases

SOURCE, TARGET = "source", "target"


@dataclass(frozen=True, slots=True)
class Merger:
    """Whose cases become whose."""

    source: OrganizationId
    target: OrganizationId


@dataclass(frozen=True, slots=True)
class Merged:
    """How much one row moves, or has moved: cases, and how many of their deliveries are open. No cases: done before."""

    source: str
    target: str
    processes: tuple[str, ...]
    cases: int
    open: int

    @property
    def outcome(self) -> Outcome:
        """Whether there is anything to move."""
        return Outcome.CHANGED if self.cases else Outcome.UNCHANGED


async def plan(office: Office, caller: Caller, rows: Sequence[Merger]) -> tuple[list[Merged], list[RowFault]]:
    """What each row would move, and everything that stands in the way. Changes nothing. For ADMIN.

    Raises ForbiddenError.
    """
    operators_alone(caller)
    now = office.clock()
    faults = [*repeated([row.source for row in rows], SOURCE), *_chains(rows)]
    told = []
    for position, row in enumerate(rows):
        found, wrong = await office.store.read(partial(_look, position, row, now))
        told.append(found)
        faults += wrong
    return told, sorted(faults, key=lambda fault: fault.row)


async def merge(office: Office, caller: Caller, row: Merger) -> Merged:
    """Carries out one row in its own transaction; one that was carried out before moves nothing and writes nothing.

    Raises what `services.transfers.migrate_cases` does.
    """
    operators_alone(caller)
    now = office.clock()
    found, _ = await office.store.read(partial(_look, 0, row, now))
    if not found.cases:
        return found
    moved = await migrate_cases(office, caller, row.source, row.target)
    return Merged(found.source, found.target, found.processes, moved, found.open)


def _look(position: int, row: Merger, now: datetime, tx: Transaction) -> tuple[Merged, list[RowFault]]:
    source, target = str(row.source), str(row.target)
    faults = [
        RowFault(position, column, "there is no such organization")
        for column, name in ((SOURCE, source), (TARGET, target))
        if tx.organizations.get(name) is None
    ]
    if source == target:
        faults.append(RowFault(position, TARGET, "must be another organization than the source"))
    sound = not faults
    cases = opened = 0
    held = tx.transfers.held(source)
    for process, of in held:
        cases += tx.transfers.count(of)
        opened += tx.deliveries.open_of(of, now).total
        to = tx.subscriptions.find(target, process)
        if sound and (to is None or to.status not in SERVED):
            state = "has no subscription to it" if to is None else f"its subscription is {to.status}"
            faults.append(RowFault(position, TARGET, f"there are cases of {process}, and {state}"))
    return Merged(source, target, tuple(code for code, _ in held), cases, opened), faults


def _chains(rows: Sequence[Merger]) -> list[RowFault]:
    """A target that gives its own cases away in the same file: what becomes of the first would hang on the order."""
    sources = {row.source: position for position, row in enumerate(rows)}
    return [
        RowFault(position, TARGET, f"gives its own cases away in row {sources[row.target] + 1} of the file")
        for position, row in enumerate(rows)
        if row.target in sources and row.target != row.source
    ]
