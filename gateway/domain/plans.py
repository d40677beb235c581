"""The plan of a move: what would be switched in which wave, what is blocked and why; and the file that holds it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import Row, RowState, Spec, Wave
from gateway.domain.referential import SubscriptionStatus
from gateway.domain.specs import spec_of, spec_value

BLOCKED_WAVE: Final = 0
"""The wave of rows that are in none, since their plan blocks them."""
_FORMAT: Final = "gateway-plan-1"
_CHECK: Final = 16
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Candidate:
    """A selected subscription as the store knows it, with what speaks against a switch.

    `account`: an enabled SFTP account with a key or password serves it. `pushes`: its server is declared. `elsewhere`:
    the name of another move that has not done with it. `status` as the world sees it.
    """

    id: str
    organization: str
    process: str
    status: SubscriptionStatus
    mode: Mode
    transport: Transport
    epoch: int
    in_flight: int
    rehearses: Mode | None
    pushes: bool
    account: bool
    elsewhere: str | None


@dataclass(frozen=True, slots=True)
class Planned:
    """One subscription of a plan; with a `reason` it is blocked.

    `warning`: what keeps it from being switched unless it changes until its wave begins. It is told to who plans, and
    no part of the plan: neither of its file nor of its digest.
    """

    id: str
    organization: str
    process: str
    mode: Mode
    transport: Transport
    epoch: int
    in_flight: int
    reason: str | None = None
    warning: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PlanFault:
    """What stands against a plan, and the key of the file that asks for it, as `("select", "list", 3)`."""

    path: tuple[str | int, ...]
    message: str


class UnplannableError(InvalidRequestError):
    """The file is sound, but not with what the store holds; `found` says where in the file."""

    def __init__(self, *found: PlanFault) -> None:
        super().__init__(*(f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in found))
        self.found = found


@dataclass(frozen=True, slots=True)
class TextFault:
    """What is wrong with the text that asks for a move, and where: the dotted key; line and column from 1, or 0."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}" if self.line else ""
        return ": ".join(part for part in (place, self.path, self.message) if part)


class MoveTextError(InvalidRequestError):
    """The text that asks for a move cannot be followed; `found` says where, of many the first."""

    def __init__(self, *found: TextFault) -> None:
        super().__init__(*map(str, found))
        self.found = found


class PlanFileError(ValueError):
    """A plan file is not as it was written; the message says at which line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done: `planned` in the order of the switches, the blocked ones last.

    `unchanged`: how many selected subscriptions are in the wanted mode already. `digest`: hexadecimal SHA-256 of all
    lines but the last.
    """

    spec: Spec
    planned_by: str
    planned_at: datetime
    waves: tuple[Wave, ...]
    planned: Sequence[Planned]
    unchanged: int
    digest: str

    @property
    def moving(self) -> int:
        """How many are to be switched."""
        return sum(wave.size for wave in self.waves)

    @property
    def untried(self) -> int:
        """How many of them stay as they are unless somebody uses their new credential before their wave begins."""
        return sum(one.warning is not None for one in self.planned)

    def rows(self) -> Iterator[Row]:
        """The rows of the move, by position from 1; blocked ones are in wave 0."""
        ends, wave = _ends(self.waves), 0
        for position, one in enumerate(self.planned, 1):
            while wave < len(ends) and position > ends[wave]:
                wave += 1
            yield Row(
                position,
                one.id,
                self.waves[wave].number if one.reason is None else BLOCKED_WAVE,
                one.mode,
                one.transport,
                one.epoch,
                one.in_flight,
                RowState.WAITING if one.reason is None else RowState.BLOCKED,
                one.reason,
            )


def digested(
    spec: Spec, by: str, at: datetime, waves: Sequence[Wave], planned: Sequence[Planned], unchanged: int
) -> Plan:
    """A plan with its digest."""
    whole = Plan(spec, by, at, tuple(waves), planned, unchanged, "")
    digest = hashlib.sha256()
    for value in _values(whole):
        digest.update(_line(_encode(value)))
    return Plan(spec, by, at, tuple(waves), planned, unchanged, digest.hexdigest())


def lines(plan: Plan) -> Iterator[str]:
    """The plan file: a JSON object a line, the head, one for each subscription, and the digest.

    `check` is the digest so far, shortened: by it the first line that was edited can be named.
    """
    digest = hashlib.sha256()
    for value in _values(plan):
        written = _encode(value)
        digest.update(_line(written))
        yield f'{written[:-1]}, "check": "{digest.hexdigest()[:_CHECK]}"}}\n'
    yield _encode({"digest": plan.digest, "rows": len(plan.planned)}) + "\n"


def read(text: Iterable[str]) -> Plan:
    """The plan of such lines. Raises PlanFileError naming the first that is not as it was written."""
    digest = hashlib.sha256()
    head: dict[str, Any] | None = None
    planned: list[Planned] = []
    end: tuple[Any, Any] | None = None
    number = 0
    for number, line in enumerate(text, 1):
        value = _parsed(line, number)
        if end is not None:
            raise PlanFileError(f"line {number}: nothing may follow the digest")
        if "digest" in value:
            end = value["digest"], value.get("rows")
            continue
        check = value.pop("check", None)
        digest.update(_line(_encode(value)))
        if check != digest.hexdigest()[:_CHECK]:
            raise PlanFileError(f"line {number}: was changed, or the line before it taken out; plan again instead")
        if head is None:
            head = value
        else:
            planned.append(_row(value, number))
    if head is None or end is None:
        raise PlanFileError(f"line {number + 1}: the file ends here, without its digest; write it again")
    if end != (digest.hexdigest(), len(planned)):
        raise PlanFileError(f"line {number}: the digest is not that of the {len(planned)} rows; plan again instead")
    return _headed(head, planned, digest.hexdigest())


def _values(plan: Plan) -> Iterator[dict[str, Any]]:
    yield {
        "format": _FORMAT,
        "spec": spec_value(plan.spec),
        "planned_by": plan.planned_by,
        "planned_at": plan.planned_at.isoformat(),
        "unchanged": plan.unchanged,
        "waves": [
            {"number": one.number, "size": one.size, "starts_at": one.starts_at.isoformat()} for one in plan.waves
        ],
    }
    for row, one in zip(plan.rows(), plan.planned, strict=True):
        yield {
            "position": row.position,
            "wave": row.wave,
            "id": one.id,
            "organization": one.organization,
            "process": one.process,
            "mode": one.mode.value,
            "transport": one.transport.value,
            "epoch": one.epoch,
            "in_flight": one.in_flight,
            "blocked": one.reason,
        }


def _headed(head: dict[str, Any], planned: Sequence[Planned], digest: str) -> Plan:
    if head.get("format") != _FORMAT:
        raise PlanFileError("line 1: not a plan of this version of the gateway; plan again")
    try:
        plan = Plan(
            spec_of(head["spec"]),
            str(head["planned_by"]),
            datetime.fromisoformat(head["planned_at"]),
            tuple(
                Wave(int(one["number"]), int(one["size"]), datetime.fromisoformat(one["starts_at"]))
                for one in head["waves"]
            ),
            planned,
            int(head["unchanged"]),
            digest,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise PlanFileError("line 1: not as `gateway moves plan` writes it") from None
    if plan.moving > len(planned) or any((one.reason is None) != (n < plan.moving) for n, one in enumerate(planned)):
        raise PlanFileError("line 1: the waves do not hold the rows of the plan")
    return plan


def _row(value: dict[str, Any], number: int) -> Planned:
    try:
        reason = value["blocked"]
        return Planned(
            str(value["id"]),
            str(value["organization"]),
            str(value["process"]),
            Mode(value["mode"]),
            Transport(value["transport"]),
            int(value["epoch"]),
            int(value["in_flight"]),
            None if reason is None else str(reason),
        )
    except (KeyError, TypeError, ValueError):
        raise PlanFileError(f"line {number}: not as `gateway moves plan` writes it") from None


def _parsed(line: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise PlanFileError(f"line {number}: not as `gateway moves plan` writes it")
    return value


def _ends(waves: Sequence[Wave]) -> list[int]:
    """The last position of each wave."""
    ends, last = list[int](), 0
    for wave in waves:
        last += wave.size
        ends.append(last)
    return ends


def _line(written: str) -> bytes:
    return written.encode("utf-8", "surrogatepass") + b"\n"
