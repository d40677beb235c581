"""Deliveries under every order of gestures, switches, expiry and restarts, against the model beside this file."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
    run_state_machine_as_test,
)

from gateway.bridge.answers import carry_answers
from gateway.domain.deliveries import DeliveryState as State
from gateway.domain.deliveries import Place
from gateway.domain.dossiers import ActionType
from gateway.domain.errors import ConflictError, NotFoundError, UnreadError
from gateway.domain.identity import Mode
from gateway.domain.statuses import Status
from gateway.services import acknowledge, archives, attachments, cases, events, expire, inbox, returns
from gateway.services.deposit import NewAttachment
from gateway.services.office import gateway_caller
from tests.faults import delivery_model as model
from tests.faults.office_and_model import PICK, PLACES, Handle
from tests.faults.switches_and_model import SwitchesBase
from tests.journeys.offices import (
    PDF,
    api_client,
    deposited,
    depositor,
    sftp_client,
    stream,
)
from tests.journeys.world import PDF_TYPE, PROCESS
from tests.pec.answers import retour_xml


class Deliveries(SwitchesBase):
    """Everything that can happen to a delivery."""

    @rule(towns=st.sets(st.sampled_from(["rennes", "nantes", "brest"]), min_size=1))
    def deposit(self, towns: set[str]) -> None:
        if len(self.cases) >= 6:
            return
        view = self.run(deposited(self.office, f"N-{len(self.cases)}", *sorted(towns)))
        for case, name in zip(view.cases, sorted(towns), strict=True):
            self.cases.append(model.Case(case.id, self.towns[name], view.folder.id, case.external_id))
            assert self.adopt(self.cases[-1]).publication == 1

    @precondition(lambda self: self.cases)
    @rule(pick=PICK)
    def open_archive(self, pick: int) -> None:
        delivery = self.delivery(pick)
        town = delivery.case.town
        finding = archives.find(self.office, sftp_client(town.name), PROCESS, None, delivery.name)
        if delivery.place is not None or not delivery.addressable(self.clock.now):
            self.expect(NotFoundError, finding)
            return
        opened = self.run(finding)
        assert (opened.size, opened.owned) == (delivery.size, delivery.owner(self.clock.now) is Mode.SFTP)
        self.handles.append(Handle(delivery, opened, set()))

    @precondition(lambda self: self.handles)
    @rule(pick=PICK, halves=st.sets(st.sampled_from([0, 1])), clean=st.booleans())
    def close_archive(self, pick: int, halves: set[int], clean: bool) -> None:
        """Ends a handle, by its client or with its connection, after nothing, a part or the whole was read."""
        handle = self.handles.pop(pick % len(self.handles))
        delivery, middle = handle.delivery, handle.delivery.size // 2
        ranges = tuple(((0, middle), (middle, delivery.size))[half] for half in sorted(halves))
        name = delivery.case.town.name
        self.run(
            acknowledge.closed(self.office, sftp_client(name), self.account(name), handle.opened, ranges, clean=clean)
        )
        if not halves:
            return
        if handle.opened.owned:
            delivery.seen.add(Mode.SFTP)
        delivery.halves |= halves
        if clean and delivery.halves == {0, 1}:
            delivery.read_whole(Mode.SFTP, self.clock.now)

    @precondition(lambda self: self.cases)
    @rule(pick=PICK)
    def fetch_archive(self, pick: int) -> None:
        before = len(self.handles)
        self.open_archive(pick)
        if len(self.handles) > before:
            self.close_archive(before, {0, 1}, clean=True)

    @precondition(lambda self: self.cases)
    @rule(pick=PICK, place=PLACES, raced=st.booleans())
    def put_away(self, pick: int, place: Place, raced: bool) -> None:
        """Renames into DONE or FAILED, or deletes; perhaps while another worker switches."""
        delivery, now = self.delivery(pick), self.clock.now
        town = delivery.case.town
        caller, account = sftp_client(town.name), self.account(town.name)
        finding = archives.find(self.office, caller, PROCESS, None, delivery.name, again=True)
        if not delivery.addressable(now):
            self.expect(NotFoundError, finding)
            return
        opened = self.run(finding)
        if place is Place.DELETED:
            gesture = acknowledge.remove(self.office, caller, account, opened)
        else:
            gesture = acknowledge.move(self.office, caller, account, opened, place, delivery.name)
        moves = delivery.place is None and delivery.acknowledgeable
        unread = not delivery.fetched and not town.allow_unread and place is not Place.FAILED
        error = UnreadError if moves and unread else None
        if raced and delivery.open:
            counted = sum(one.open for one in self._of(town.name))
            carried = self.switch_beside(town.name, error, gesture)
            assert carried == counted or (moves and not unread and carried == counted - 1)
            if carried < counted:  # the gesture was first
                self._put(delivery, place, moves=moves, unread=unread)
                self._switched(town.name, None)
                return
            self._switched(town.name, None)
        else:
            self.expect(error, gesture)
        self._put(delivery, place, moves=moves, unread=unread)

    def _put(self, delivery: model.Delivery, place: Place, *, moves: bool, unread: bool) -> None:
        now = self.clock.now
        if delivery.place is not None or (moves and unread):
            return
        delivery.place, delivery.placed_at = place, now
        if moves:
            delivery.close(State.REJECTED if place is Place.FAILED else State.ACCEPTED, now)
            delivery.follow(Status.SI_INTG_ERROR if place is Place.FAILED else Status.SI_RECEIVED)

    @precondition(lambda self: self.cases)
    @rule(pick=PICK, code=st.sampled_from(sorted(model.CODES)), comment=st.sampled_from(["", "again"]))
    def answer(self, pick: int, code: int, comment: str) -> None:
        case = self.case(pick)
        content = retour_xml(case.number, code, comment)
        self.uploads += 1
        name = f"{self.uploads}.xml"
        with TemporaryFile() as file:
            file.write(content)
            file.flush()
            caller = sftp_client(case.town.name)
            identifier = self.run(returns.hand_in(self.office, caller, PROCESS, name, file, len(content))).id
        assert self.run(carry_answers(self.office)) == 1
        expected = model.answered(case, code, hashlib.sha256(content).digest(), self.clock.now)
        found = self.run(self.office.store.read(lambda tx: tx.answers.get(identifier)))
        assert found is not None
        assert found.state == expected

    @precondition(lambda self: self.cases)
    @rule(pick=PICK, whole=st.booleans())
    def read_over_api(self, pick: int, whole: bool) -> None:
        """The metadata, and with `whole` every attachment of the case and of its events."""
        case = self.case(pick)
        caller = api_client(case.town.name)
        view = self.run(cases.read_case(self.office, caller, case.id))
        model.served_over_api(case, "metadata", self.clock.now)
        if not whole:
            return
        for attachment in view.attachments:
            download = self.run(attachments.open_attachment(self.office, caller, case.id, attachment.id))
            self._take_in(case, download)
        for event in view.events:
            for attachment in event.attachments:
                download = self.run(
                    attachments.open_event_attachment(self.office, caller, case.id, event.event.id, attachment.id)
                )
                self._take_in(case, download)

    def _take_in(self, case: model.Case, download: attachments.Download) -> None:
        self.run(download.served(0, download.reader.size))
        self.run(download.close())
        model.served_over_api(case, download.attachment.id, self.clock.now)

    @precondition(lambda self: self.cases)
    @rule(pick=PICK, status=st.sampled_from(["SENT", "SI_RECEIVED", "IN_PROGRESS", "DONE", "REFUSED", "SI_INTG_ERROR"]))
    def say_status(self, pick: int, status: str) -> None:
        case, wanted = self.case(pick), Status(status)
        setting = cases.set_status(self.office, api_client(case.town.name), case.id, status)
        if not model.may_say(case, Mode.API, self.clock.now):
            self.expect(NotFoundError, setting)
            return
        self.run(setting)
        negative = wanted is Status.SI_INTG_ERROR
        if wanted is not case.status and (negative or wanted in model.BEYOND_SENT):
            model.settle_by_answer(case, Mode.API, negative=negative, now=self.clock.now)
        case.status = wanted

    @precondition(lambda self: self.cases)
    @rule(pick=PICK)
    def dismiss(self, pick: int) -> None:
        delivery = self.delivery(pick)
        dismissing = inbox.dismiss(self.office, api_client(delivery.case.town.name), delivery.id)
        counts = delivery.counts(Mode.API, self.clock.now)
        self.expect(None if counts or not delivery.open else NotFoundError, dismissing)
        if counts and delivery.acknowledgeable:
            delivery.close(State.ACCEPTED, self.clock.now)
        if counts or delivery.kept_by_api:
            delivery.kept_by_api = False

    @rule(time=st.sampled_from([timedelta(minutes=11), timedelta(days=1), timedelta(days=13), timedelta(days=31)]))
    def let_time_pass(self, time: timedelta) -> None:
        self.clock.pass_by(time)
        now = self.clock.now
        due = [one for one in self.deliveries if one.open and one.published_at + model.EXPIRE_AFTER <= now]
        assert self.run(expire.expire_due(self.office)) == len(due)
        for delivery in due:
            delivery.close(State.EXPIRED, now)

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
            assert self.adopt(case).kind == "REOPENING"

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
        made = self.adopt(case)
        assert made.kind == ("REOPENING" if reopening or joined else otherwise)


def _complement() -> events.NewEvent:
    """A complement of one file, that tells its recipient."""
    file = NewAttachment("complément.pdf", PDF_TYPE, len(PDF), "application/pdf")
    return events.NewEvent(ActionType.ATTACH_DEPOSIT, notification=True, attachments=(file,))


def test_deliveries_keep_the_rules(sqlite_template: Path) -> None:
    Deliveries.template = sqlite_template
    run_state_machine_as_test(
        Deliveries,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
