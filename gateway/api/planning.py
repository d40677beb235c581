"""Plans of moves, for operators: what a move would do, and the record of it that is approved and applied."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Protocol

from aiohttp import web

from gateway.api import rendering
from gateway.api.context import CONTEXT, office_of
from gateway.api.errors import Refusal
from gateway.api.listing import Query
from gateway.api.problems import NATIVE_BASE
from gateway.api.reading import read
from gateway.api.repetition import created, once
from gateway.domain.identity import Caller, Mode, Right
from gateway.domain.moves import Spec, Wave
from gateway.domain.plans import MoveTextError, Plan, Planned, UnplannableError
from gateway.domain.specs import spec_value
from gateway.services import moves, planning
from gateway.services.access import may
from gateway.services.once import Replay, repeated

_BODIES: Final = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "application/json"})
_SHOWN: Final = 10
"""Subscriptions that are shown of one reason, and subscribers with the most in flight."""
_REASONS: Final = 50


class MoveText(Protocol):
    """A text that was read: what it asks for, and where it says so."""

    @property
    def spec(self) -> Spec: ...
    def placed(self, error: UnplannableError) -> MoveTextError: ...


MoveReader = Callable[[bytes], MoveText]
"""Reads the text of a move. Raises MoveTextError."""


@dataclass(frozen=True, slots=True)
class Planning:
    """How texts are read. A text with its faults and a plan are held in memory whole: one at a time in this process."""

    read: MoveReader
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))


PLANNING: Final = web.AppKey("planning", Planning)


async def plan(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /moves: 200 with the plan; with `record=true` 201, and it waits to be approved by its digest.

    The body is a file of moves, as YAML or JSON.
    """
    may(caller, Right.PLAN)
    query = Query(request, "record")
    recording = query.text("record", 5) or "false"
    if recording not in ("true", "false"):
        query.refuse("record", "must be true or false")
    query.check()
    if request.content_type not in _BODIES:
        raise Refusal(415, "Content-Type must be application/yaml or application/json")
    raw = await read(request, request.app[CONTEXT].json_max_size)
    async with request.app[PLANNING].turn:
        found = await asyncio.to_thread(request.app[PLANNING].read, raw)
        if recording == "true":
            return await _recorded(request, caller, found, raw)
        _, text = await _planned(request, caller, found, recorded=False)
        return rendering.json_response(text)


async def _recorded(request: web.Request, caller: Caller, found: MoveText, raw: bytes) -> web.StreamResponse:
    office = office_of(request)
    text = ""
    key = once(request, raw, lambda _move: text)
    done = None if key is None else await repeated(office.store, caller, key, office.clock())
    if done is None:
        made, text = await _planned(request, caller, found, recorded=True)
        kept = await moves.record_once(office, caller, made.spec, made.waves, made.rows(), made.digest, key)
        done = kept if isinstance(kept, Replay) else None
    answer = created(text if done is None else done, str)
    answer.headers["Location"] = f"{NATIVE_BASE}/moves/{found.spec.name}"
    return answer


async def _planned(request: web.Request, caller: Caller, found: MoveText, *, recorded: bool) -> tuple[Plan, str]:
    try:
        made = await planning.plan(office_of(request), caller, found.spec)
    except UnplannableError as error:
        raise found.placed(error) from None
    return made, await asyncio.to_thread(_text, made, recorded)


def _text(made: Plan, recorded: bool) -> str:
    spec, moving = made.spec, made.planned[: made.moving]
    blocked = made.planned[made.moving :]
    flying: Counter[str] = Counter()
    for row in moving:
        flying[row.organization] += row.in_flight
    first = sorted(((count, name) for name, count in flying.items() if count), key=lambda one: (-one[0], one[1]))
    body: dict[str, Any] = {
        "name": spec.name,
        "recorded": recorded,
        "digest": made.digest,
        "to": spec.to,
        "transport": spec.transport if spec.to is Mode.SFTP else None,
        "plannedBy": made.planned_by,
        "plannedAt": rendering.date_time(made.planned_at),
        "size": made.moving,
        "organizations": len(flying),
        "inFlight": flying.total(),
        "unchanged": made.unchanged,
        "waves": _waves(made.waves, moving),
        "blocked": len(blocked),
        "blockedBy": _reasons((row.reason, row) for row in blocked),
        "untried": made.untried,
        "warnings": _reasons((row.warning, row) for row in moving),
        "mostInFlight": [{"subscriber": rendering.organization(name), "inFlight": n} for n, name in first[:_SHOWN]],
        "spec": spec_value(spec),
    }
    return rendering.json_text(body)


def _waves(waves: Sequence[Wave], moving: Sequence[Planned]) -> list[rendering.Json]:
    left = iter(moving)
    shown = []
    for wave in waves:
        rows = list(islice(left, wave.size))
        shown.append(
            {
                "number": wave.number,
                "size": wave.size,
                "startsAt": rendering.date_time(wave.starts_at),
                "organizations": len({row.organization for row in rows}),
                "inFlight": sum(row.in_flight for row in rows),
            }
        )
    return shown


def _reasons(said: Iterable[tuple[str | None, Planned]]) -> list[rendering.Json]:
    """What is said of subscriptions, what concerns most first; each with the first of them."""
    grouped: dict[str, list[Planned]] = defaultdict(list)
    for reason, row in said:
        if reason is not None:
            grouped[reason].append(row)
    ordered = sorted(grouped.items(), key=lambda one: (-len(one[1]), one[0]))
    return [
        {
            "reason": reason,
            "count": len(rows),
            "subscriptions": [
                {
                    "subscriptionId": row.id,
                    "subscriber": rendering.organization(row.organization),
                    "processCode": row.process,
                }
                for row in rows[:_SHOWN]
            ],
        }
        for reason, rows in ordered[:_REASONS]
    ]
