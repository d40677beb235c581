"""Statuses of cases and folders, and the one table of the changes that are allowed between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Role


class Status(StrEnum):
    """Where a case (or the folder that holds it) stands, as the hub spells it."""

    HUBEE_RECEIVED = "HUBEE_RECEIVED"
    HUBEE_COMPLETED = "HUBEE_COMPLETED"
    HUBEE_NOTIFIED = "HUBEE_NOTIFIED"
    SENT = "SENT"
    SI_RECEIVED = "SI_RECEIVED"
    SI_INTG_ERROR = "SI_INTG_ERROR"
    IN_PROGRESS = "IN_PROGRESS"
    ADD_AWAITING = "ADD_AWAITING"
    REFUSED = "REFUSED"
    DONE = "DONE"
    CLOSED = "CLOSED"
    ARCHIVED = "ARCHIVED"


_S = Status

RANK: Final[Mapping[Status, int]] = {
    _S.HUBEE_RECEIVED: 0,
    _S.HUBEE_COMPLETED: 1,
    _S.HUBEE_NOTIFIED: 2,
    _S.SENT: 3,
    _S.SI_INTG_ERROR: 3,  # nothing was taken in: as far along as a case that was only fetched
    _S.SI_RECEIVED: 4,
    _S.IN_PROGRESS: 5,
    _S.ADD_AWAITING: 6,
    _S.REFUSED: 7,
    _S.DONE: 7,
    _S.CLOSED: 8,
    _S.ARCHIVED: 9,
}
FINAL: Final = frozenset({_S.REFUSED, _S.DONE})
BEYOND_SENT: Final = frozenset({_S.SI_RECEIVED, _S.IN_PROGRESS, _S.ADD_AWAITING, *FINAL})

_TAKEN = frozenset({_S.IN_PROGRESS, _S.ADD_AWAITING, _S.REFUSED, _S.SI_INTG_ERROR, _S.DONE})
_RECIPIENT: Final[Mapping[Status, frozenset[Status]]] = {
    _S.HUBEE_NOTIFIED: frozenset({_S.SENT, _S.SI_RECEIVED}) | (_TAKEN - {_S.DONE}),
    _S.SENT: frozenset({_S.SI_RECEIVED}) | _TAKEN,
    _S.SI_RECEIVED: _TAKEN,
    _S.IN_PROGRESS: _TAKEN - {_S.IN_PROGRESS},
    _S.ADD_AWAITING: _TAKEN - {_S.ADD_AWAITING},
}
_CLOSABLE = (_S.SI_RECEIVED, _S.IN_PROGRESS, _S.ADD_AWAITING, _S.DONE, _S.REFUSED)
_DEPOSITOR: Final[Mapping[Status, frozenset[Status]]] = {
    **{status: frozenset({_S.HUBEE_NOTIFIED}) for status in _S if status is not _S.HUBEE_RECEIVED},
    _S.HUBEE_RECEIVED: frozenset({_S.HUBEE_COMPLETED}),
    **{status: frozenset({_S.CLOSED, _S.HUBEE_NOTIFIED}) for status in _CLOSABLE},
}
_GATEWAY: Final[Mapping[Status, frozenset[Status]]] = {
    _S.HUBEE_COMPLETED: frozenset({_S.HUBEE_NOTIFIED}),
    _S.CLOSED: frozenset({_S.ARCHIVED}),
}
_TABLES: Final = {Role.SI: _RECIPIENT, Role.OSL: _DEPOSITOR, Role.ADMIN: _GATEWAY}


@dataclass(frozen=True, slots=True)
class StatusRules:
    """What one process asks of the statuses of its cases.

    `mandatory` is the intermediate status that no case may skip; `final` are the ends the process knows;
    `awaiting` allows ADD_AWAITING; `strict` applies the table to the API too; `extra` adds changes to the
    recipient's part of the table.
    """

    mandatory: Status | None = _S.SI_RECEIVED
    final: frozenset[Status] = FINAL
    awaiting: bool = False
    strict: bool = False
    extra: Mapping[Status, frozenset[Status]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One status to record; `inserted` when the rules put it there because the caller skipped it."""

    status: Status
    inserted: bool = False


def allowed(rules: StatusRules, role: Role, current: Status) -> frozenset[Status]:
    """The statuses that `role` may set from `current` under the process's rules (processes, Status changes)."""
    found = _TABLES.get(role, {}).get(current, frozenset())
    if role is Role.SI:
        found |= rules.extra.get(current, frozenset())
        forbidden = FINAL - rules.final
        found -= forbidden if rules.awaiting else forbidden | {_S.ADD_AWAITING}
    return found


def steps(rules: StatusRules, role: Role, current: Status, wanted: Status) -> tuple[Step, ...]:
    """The statuses to record on the way from `current` to `wanted`, the last being `wanted`; none if already there.

    A recipient that skips the mandatory intermediate status gets it inserted. Raises InvalidRequestError naming the
    allowed statuses when the table has no way (delivery rules, Statuses).
    """
    if wanted is current:
        return ()
    way: tuple[Step, ...] = (Step(wanted),)
    middle = rules.mandatory
    if role is Role.SI and middle and wanted in BEYOND_SENT and RANK[current] < RANK[middle] < RANK[wanted]:
        way = (Step(middle, inserted=True), *way)
    at = current
    for step in way:
        if step.status not in allowed(rules, role, at):
            raise forbidden_change(rules, role, current, wanted)
        at = step.status
    return way


def forbidden_change(rules: StatusRules, role: Role, current: Status, wanted: Status) -> InvalidRequestError:
    """The error that names what would have been allowed."""
    names = ", ".join(sorted(allowed(rules, role, current))) or "none"
    return InvalidRequestError(f"Status {wanted} is not allowed from {current}; allowed: {names}")


def folder_status(cases: Iterable[Status]) -> Status:
    """The status of a folder with these (one or more) cases: that of the least advanced one.

    SI_INTG_ERROR counts as SENT; when all cases are final: REFUSED if all are refused, else DONE; CLOSED only when
    all are closed (delivery rules, Statuses).
    """
    found = {_S.SENT if status is _S.SI_INTG_ERROR else status for status in cases}
    least = min(found, key=lambda status: RANK[status])
    if RANK[least] < RANK[_S.DONE] or RANK[least] > RANK[_S.DONE]:
        return least
    return _S.REFUSED if found & FINAL == {_S.REFUSED} else _S.DONE
