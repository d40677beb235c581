"""The moves of the year: planned, applied, driven in waves; one carries, one drains, one rehearses, one is undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

from gateway.domain.identity import Mode
from gateway.domain.moves import DualRun, Move, MoveState, Row, RowState, Selection, Spec, StopRules, WaveSize
from gateway.domain.plans import UnplannableError
from gateway.domain.switches import InFlight
from gateway.domain.windows import Window
from gateway.services import moves, planning, waves
from gateway.services.office import Office, gateway_caller
from tools.simulate.agenda import Agenda
from tools.simulate.habits import DAY
from tools.simulate.subscribers import Subscriber

ACTOR: Final = "operator"
DRAIN: Final = 7 * DAY
UNDONE: Final = "undone"
_OVER: Final = (MoveState.DONE, MoveState.ROLLED_BACK)
_PAGE: Final = 1000
_DEPARTMENTS: Final = {"carried": ("22", "29"), "drained": ("35",), UNDONE: ("44",), "rehearsed": ("56",)}


class Told(Protocol):
    """Who is told of what moves do, and does what goes with it."""

    async def tried(self) -> None:
        """Before each move every vendor tries its new credentials."""

    def moved(self, subscriber: Subscriber, mode: Mode, *, drained: bool) -> None:
        """A move has switched a subscription, or switched it back."""

    def blocked(self, subscriber: Subscriber) -> None:
        """A dual run has shown that one is not ready."""


class Migration:
    """All moves."""

    def __init__(
        self, office: Office, agenda: Agenda, subscribers: Mapping[str, Subscriber], told: Told, window: Window
    ) -> None:
        self.pauses = 0
        self.returned = 0
        self._office = office
        self._agenda = agenda
        self._caller = gateway_caller(office, ACTOR)
        self._subscribers = subscribers
        self._told = told
        self._window = window
        self._running: list[str] = []
        self._names: list[str] = []
        self._known: dict[tuple[str, int], RowState] = {}

    async def begin(self, days: int) -> None:
        """Plans and applies the moves. One is rolled back whole, and made again."""
        for name in _DEPARTMENTS:
            await self._apply(_spec(name, days, self._window))
        if UNDONE in self._running:
            self._agenda.after(timedelta(days=int(0.2 * days)), ACTOR, partial(self._roll_back, UNDONE))
            again = Spec(f"{UNDONE}-again", _selection(UNDONE), Mode.API, window=self._window)
            self._agenda.after(timedelta(days=int(0.32 * days)), ACTOR, partial(self._apply, again))

    async def drive(self) -> None:
        """The scheduler's look at the moves; one that stopped itself goes on when somebody has seen why."""
        if not self._running:
            return
        settled = await waves.drive(self._office)
        for name in tuple(self._running):
            found = await moves.status(self._office, self._caller, name) if not settled else None
            if settled or name == "rehearsed":
                await self._look(name, None if settled else RowState.REHEARSING)
            if found is None:
                continue
            if found.move.state is MoveState.PAUSED:
                self.pauses += 1
                await (self._roll_back(name) if name == UNDONE else moves.resume(self._office, self._caller, name))
            elif found.move.state in _OVER:
                self._running.remove(name)

    async def sum_up(self) -> list[str]:
        """Where the moves stand in the end."""
        told = []
        for name in self._names:
            found = await moves.status(self._office, self._caller, name)
            rows = ", ".join(f"{state} {count}" for state, count in sorted(found.totals.items()))
            told.append(f"{name} {found.move.state}: {len(found.waves)} waves, {rows}")
        return told

    async def _apply(self, spec: Spec) -> None:
        await self._told.tried()
        try:
            plan = await planning.plan(self._office, self._caller, spec)
        except UnplannableError:
            return  # too few subscribers for this one
        await moves.record(self._office, self._caller, spec, plan.waves, plan.rows(), plan.digest)
        await moves.approve(self._office, self._caller, spec.name, plan.digest)
        await moves.apply(self._office, self._caller, spec.name, plan.digest)
        self._names.append(spec.name)
        self._running.append(spec.name)

    async def _roll_back(self, name: str) -> None:
        move: Move = await moves.rollback(self._office, self._caller, name)
        if name not in self._running and move.state not in _OVER:
            self._running.append(name)

    async def _look(self, name: str, state: RowState | None) -> None:
        """Takes down what became of the rows, those in a state or all, since the last look."""
        after = 0
        while rows := await moves.rows(self._office, self._caller, name, after, _PAGE, state):
            after = rows[-1].position
            for row in rows:
                before = self._known.get((name, row.position), RowState.WAITING)
                if row.state is not before:
                    self._known[name, row.position] = row.state
                    self._changed(name, row, before)

    def _changed(self, name: str, row: Row, before: RowState) -> None:
        subscriber, now = self._subscribers[row.subscription_id], self._agenda.clock.now
        if row.state is RowState.REHEARSING and row.rehearsal_id is not None:
            subscriber.rehearse(row.rehearsal_id, Mode.API, now)
        elif row.state is RowState.SWITCHED:
            self._told.moved(subscriber, Mode.API, drained=name == "drained")
        elif row.state is RowState.ROLLED_BACK:
            self.returned += 1
            self._told.moved(subscriber, row.from_mode, drained=False)
        elif before is RowState.REHEARSING:
            subscriber.end_run(now)
            self._told.blocked(subscriber)


def _selection(name: str) -> Selection:
    return Selection(mode=Mode.SFTP, departments=_DEPARTMENTS[name])


def _spec(name: str, days: int, window: Window) -> Spec:
    second, third = (timedelta(days=int(part * days)) for part in (0.05, 0.08))
    run = DualRun(timedelta(days=max(2, days // 25)), 2, timedelta(days=max(4, days // 8)))
    sizes = (WaveSize(count=5), WaveSize(percent=10.0, pause=second), WaveSize(percent=100.0, pause=third))
    return Spec(
        name,
        _selection(name),
        Mode.API,
        via=run if name == "rehearsed" else None,
        in_flight=InFlight.DRAIN if name == "drained" else InFlight.CARRY,
        drain_for=DRAIN if name == "drained" else None,
        waves=sizes if name != "rehearsed" else (WaveSize(percent=100.0),),
        window=window,
        stop_when=StopRules(failed_deliveries_over=0.05),
    )
