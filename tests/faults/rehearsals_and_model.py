"""Dual runs that begin, are seen and end while everything else goes on, for the state machine of deliveries."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import func, select

from gateway.domain.deliveries import Delivery, Place
from gateway.domain.errors import ConflictError, NotFoundError
from gateway.domain.identity import Caller, Mode
from gateway.domain.rehearsals import Comparison, Rehearsal
from gateway.domain.statuses import Status
from gateway.services import acknowledge, archives, cases, rehearsals
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.rehearsing import is_stage, on_case
from gateway.store.statement import Statement
from gateway.store.tables import (
    rehearsed_attachments,
    rehearsed_cases,
    rehearsed_deliveries,
    rehearsed_events,
    subscriptions,
)
from gateway.store.transaction import Transaction as StoredTransaction
from tests.faults import delivery_model as model
from tests.faults.office_and_model import MOMENT, PICK
from tests.faults.rehearsal_model import Run
from tests.faults.switches_and_model import TOWNS, SwitchesBase, at_once, other, subscription
from tests.journeys.offices import api_client, sftp_client
from tests.journeys.world import PROCESS

_LEFT: Final = [
    Statement(
        select(func.count())
        .select_from(one)
        .where(
            one.c.rehearsal_id.not_in(
                select(subscriptions.c.rehearsal_id).where(subscriptions.c.rehearsal_id.is_not(None))
            )
        )
    )
    for one in (rehearsed_attachments, rehearsed_cases, rehearsed_deliveries, rehearsed_events)
]


class RehearsalsBase(SwitchesBase):
    """Adds the dual runs under way, by recipient."""

    def begin(self) -> None:
        self.runs: dict[str, Run] = {}
        self.rehearsed: set[str] = set()
        super().begin()

    @rule(name=TOWNS, lasting=st.sampled_from([timedelta(hours=12), timedelta(days=14), timedelta(days=20)]))
    def begin_to_rehearse(self, name: str, lasting: timedelta) -> None:
        self.clock.pass_by(MOMENT)  # what was settled before was settled at another time
        starting = self._start(self.office, name, lasting)
        if not self._may_begin(name):
            self.expect(ConflictError, starting)
            return
        begun = self.run(starting)
        assert isinstance(begun, Rehearsal)
        self._begun(name, lasting)

    @rule(name=TOWNS)
    def end_the_dual_run(self, name: str) -> None:
        """By hand; what it has shown, and nobody took back, is compared."""
        ending = rehearsals.end(self.office, self.operator, subscription(name))
        if name not in self.runs:
            self.expect(NotFoundError, ending)
            return
        self._compared(self.run(ending), name)
        del self.runs[name]

    @precondition(lambda self: self.cases)
    @rule(pick=PICK)
    def end_it_beside_a_gesture(self, pick: int) -> None:
        """Of a gesture at the rehearsing door and the end of the dual run at once, one is first; it counts nowhere."""
        case = self.case(pick)
        name, now = case.town.name, self.clock.now
        run = self.runs.get(name)
        if run is None or any(one.counts(run.town.mode, now) for one in case.deliveries):
            return
        gesture = self._gesture(case, run.town.mode)
        ended, made = self.run(at_once(rehearsals.end(self.office, self.operator, subscription(name)), gesture))
        if isinstance(ended, BaseException):
            raise ended
        assert made is None or isinstance(made, NotFoundError)
        del self.runs[name]

    @rule(name=TOWNS)
    def begin_it_on_both_workers(self, name: str) -> None:
        """Of two at once one begins it, and the other is told that one is under way."""
        if self._may_begin(name):
            self.clock.pass_by(MOMENT)
            lasting = timedelta(days=3)
            done = self.run(at_once(*(self._start(worker, name, lasting) for worker in self.workers)))
            assert sorted(type(one).__name__ for one in done) == ["ConflictError", "Rehearsal"]
            self._begun(name, lasting)

    @invariant()
    def a_rehearsing_door_remembers_what_it_did(self) -> None:
        for case in self.cases:
            run = self.runs.get(case.town.name)
            if run is None:
                continue
            caller = (api_client if run.town.mode is Mode.API else sftp_client)(case.town.name)
            status, found = self.run(self.office.store.read(partial(_staged, caller, case.id)))
            seen = run.case(case)
            assert status is seen.status
            assert {one.id: one.state for one in found} == {one.id: one.state for one in seen.deliveries}
            assert {one.id for one in found if one.fetched_at} == {one.id for one in seen.deliveries if one.fetched}

    @invariant()
    def nothing_is_left_of_dual_runs_that_are_over(self) -> None:
        assert self.run(self.office.store.read(_left)) == [0] * len(_LEFT)

    def shown(self, name: str, mode: Mode) -> list[model.Delivery]:
        run, mine = self.runs.get(name), self._of(name)
        if run is None or run.town.mode is not mode:
            return mine
        return [*mine, *(shown for case in self._cases(name) for shown in run.shown(case))]

    def seen(self, case: model.Case, mode: Mode) -> model.Case:
        run = self.runs.get(case.town.name)
        return run.case(case) if run is not None and run.town.mode is mode else case

    def end_what_is_due(self) -> None:
        """By time."""
        over = [name for name, run in self.runs.items() if run.until <= self.clock.now]
        assert self.run(rehearsals.end_due(self.office)) == len(over)
        for name in over:
            del self.runs[name]

    def adopt(self, case: model.Case, *, reopened: bool = False) -> model.Delivery:
        made = super().adopt(case)
        if case.town.name in self.runs:
            self.runs[case.town.name].publish(case, made, reopened=reopened)
        return made

    def switched(self, name: str, until: Any) -> None:
        super().switched(name, until)
        self.runs.pop(name, None)

    def _cases(self, name: str) -> list[model.Case]:
        return [case for case in self.cases if case.town.name == name]

    def _may_begin(self, name: str) -> bool:
        return name not in self.runs and not self.pinned(name)

    def pinned(self, name: str) -> bool:
        """Whether a drain is under way."""
        now = self.clock.now
        return any(one.open and one.pinned is not None and now < one.pinned[1] for one in self._of(name))

    def _start(self, office: Office, name: str, lasting: timedelta) -> Coroutine[Any, Any, Any]:
        mode = other(self.towns[name].mode)
        return rehearsals.start(office, self.operator, subscription(name), mode, lasting)

    def _begun(self, name: str, lasting: timedelta) -> None:
        town = self.towns[name]
        self.rehearsed.add(name)
        run = self.runs[name] = Run(town, other(town.mode), self.clock.now, self.clock.now + lasting)
        for case in self._cases(name):
            run.begin(case)

    def _gesture(self, case: model.Case, mode: Mode) -> Coroutine[Any, Any, Any]:
        """A status over the API, or a delivery put into FAILED, if there is one to be found there."""
        name = case.town.name
        if mode is Mode.API:
            return cases.set_status(self.office, api_client(name), case.id, Status.IN_PROGRESS)
        for one in self.seen(case, mode).deliveries:
            if one.addressable(self.clock.now) and one.place is None:
                finding = archives.find(self.office, sftp_client(name), PROCESS, None, one.name)
                opened = self.run(finding)
                return acknowledge.move(
                    self.office, sftp_client(name), self.account(name), opened, Place.FAILED, one.name
                )
        return _idle()

    def _compared(self, ended: Comparison, name: str) -> None:
        run = self.runs[name]
        assert {row.archive for row in ended.rows} == {one for case in self._cases(name) for one in run.compared(case)}


async def _idle() -> None:
    """Nothing to be found."""


def _left(tx: Transaction) -> list[int]:
    assert isinstance(tx, StoredTransaction)
    return [tx.session.rows(one)[0][0] for one in _LEFT]


def _staged(caller: Caller, case_id: str, tx: Transaction) -> tuple[Status, list[Delivery]]:
    stage = on_case(tx, caller, case_id, hold=False)
    assert is_stage(stage)
    found = stage.cases.get(case_id)
    assert found is not None
    return found[0].status, stage.deliveries.of_case(case_id)
