"""What depositors do, and what comes with time, for the state machine of deliveries."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from gateway.domain.deliveries import DeliveryState as State
from gateway.domain.dossiers import ActionType
from gateway.domain.errors import ConflictError
from gateway.domain.statuses import Status
from gateway.services import attachments, cases, events, expire
from gateway.services.deposit import NewAttachment
from gateway.services.office import gateway_caller
from tests.faults import delivery_model as model
from tests.faults.moves_and_model import MovesBase
from tests.faults.office_and_model import PICK
from tests.faults.switches_and_model import TOWNS
from tests.journeys.offices import PDF, deposited, depositor, stream
from tests.journeys.world import PDF_TYPE


class DepositorBase(MovesBase):
    """Adds what makes deliveries, and what makes them expire."""

    @initialize(
        towns=st.lists(TOWNS, min_size=1, max_size=3),
        name=TOWNS,
        before=st.sampled_from(["nothing", "switch", "dual run", "dual run and switch", "move"]),
    )
    def begin_with_something_open(self, towns: list[str], name: str, before: str) -> None:
        """Few deliveries, so that many gestures meet; in the middle of something, so that few steps lead far."""
        self.begin()
        for town in towns:
            self.deposit({town})
        if before.endswith("switch"):
            self.switch(name, None)
        if before.startswith("dual run"):
            self.begin_to_rehearse(name, timedelta(days=20))
        if before == "move":
            self.plan_a_move()
            self.apply_it()

    @rule(towns=st.sets(TOWNS, min_size=1))
    def deposit(self, towns: set[str]) -> None:
        if len(self.cases) >= 6:
            return
        view = self.run(deposited(self.office, f"N-{len(self.cases)}", *sorted(towns)))
        for case, name in zip(view.cases, sorted(towns), strict=True):
            self.cases.append(model.Case(case.id, self.towns[name], view.folder.id, case.external_id))
            assert self.adopt(self.cases[-1]).publication == 1

    @rule(time=st.sampled_from([timedelta(minutes=11), timedelta(days=1), timedelta(days=13), timedelta(days=31)]))
    def let_time_pass(self, time: timedelta) -> None:
        self.clock.pass_by(time)
        now = self.clock.now
        due = [one for one in self.deliveries if one.open and one.published_at + model.EXPIRE_AFTER <= now]
        assert self.run(expire.expire_due(self.office)) == len(due)
        for delivery in due:
            delivery.close(State.EXPIRED, now)
        self.end_what_is_due()

    @precondition(lambda self: self.cases)
    @rule(pick=PICK)
    def undo_expiry(self, pick: int) -> None:
        delivery = self.delivery(pick)
        undoing = expire.undo_expiry(self.office, gateway_caller(self.office, "operator"), delivery.id)
        if delivery.state is not State.EXPIRED or not delivery.acknowledgeable:
            self.expect(ConflictError, undoing)
            return
        again = self.run(undoing)
        delivery.case.publication += 1
        assert self.adopt(delivery.case).id == again

    @precondition(lambda self: self.cases)
    @rule(pick=PICK, with_file=st.booleans())
    def reopen(self, pick: int, with_file: bool) -> None:
        """The depositor publishes the case again; with a file, when the event that brings it is sent."""
        case = self.case(pick)
        moves = case.status is not Status.HUBEE_NOTIFIED
        event = self._attach(case) if with_file else None
        self.run(cases.set_status(self.office, depositor(), case.id, "HUBEE_NOTIFIED"))
        if moves:
            model.withdraw(case, self.clock.now)
        case.status = Status.HUBEE_NOTIFIED
        if event is not None:
            self._send(case, event, reopening=moves)
        elif moves:
            case.publication += 1
            assert self.adopt(case, reopened=True).kind == "REOPENING"

    @precondition(lambda self: self.cases)
    @rule(pick=PICK, with_file=st.booleans())
    def add_to(self, pick: int, with_file: bool) -> None:
        """The depositor sends a complement, or a message."""
        case = self.case(pick)
        if with_file:
            self._send(case, self._attach(case), reopening=False)
            return
        new = events.NewEvent(ActionType.SENDING_MESSAGE, message="Une précision", notification=True)
        self.run(events.post_event(self.office, depositor(), case.id, new))
        self._delivered(case, reopening=False, otherwise="MESSAGE")

    def _attach(self, case: model.Case) -> str:
        file = _complement()
        view = self.run(events.post_event(self.office, depositor(), case.id, file))
        assert isinstance(view, cases.EventView)
        (attachment,) = view.attachments
        self.run(
            attachments.receive_for_event(self.office, depositor(), case.id, view.event.id, attachment.id, stream(PDF))
        )
        return view.event.id

    def _send(self, case: model.Case, event: str, *, reopening: bool) -> None:
        self.run(events.set_event_status(self.office, depositor(), case.id, event, "SENT"))
        self._delivered(case, reopening=reopening, otherwise="COMPLEMENT")

    def _delivered(self, case: model.Case, *, reopening: bool, otherwise: str) -> None:
        """A re-opening that nobody has fetched takes the event in; else it is a delivery of its own."""
        joined = not reopening and model.withdraw(case, self.clock.now, reopening=case.publication)
        case.publication += reopening
        made = self.adopt(case, reopened=reopening)
        assert made.kind == ("REOPENING" if reopening or joined else otherwise)


def _complement() -> events.NewEvent:
    """A complement of one file, that tells its recipient."""
    file = NewAttachment("complément.pdf", PDF_TYPE, len(PDF), "application/pdf")
    return events.NewEvent(ActionType.ATTACH_DEPOSIT, notification=True, attachments=(file,))
