"""Deliveries under every order of gestures, switches, expiry and restarts, against the model beside this file."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
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
from gateway.domain.errors import NotFoundError, UnreadError
from gateway.domain.identity import Mode
from gateway.domain.statuses import Status
from gateway.services import acknowledge, archives, attachments, cases, inbox, returns
from tests.databases import Database
from tests.engines.postgres import drop_database, fresh_database
from tests.faults import delivery_model as model
from tests.faults.depositor_and_model import DepositorBase
from tests.faults.office_and_model import MOMENT, PICK, PLACES, Handle
from tests.journeys.offices import (
    api_client,
    sftp_client,
)
from tests.journeys.world import PROCESS
from tests.pec.answers import retour_xml


class Deliveries(DepositorBase):
    """Everything that can happen to a delivery."""

    @precondition(lambda self: self.cases)
    @rule(pick=PICK)
    def open_archive(self, pick: int) -> None:
        delivery, now = self.delivery(pick), self.clock.now
        seen = self.at(delivery, Mode.SFTP)
        finding = archives.find(self.office, sftp_client(delivery.case.town.name), PROCESS, None, delivery.name)
        if seen.place is not None or not seen.addressable(now):
            self.expect(NotFoundError, finding)
            return
        opened = self.run(finding)
        rehearsed = seen is not delivery
        assert (opened.size, opened.rehearsed) == (delivery.size, rehearsed)
        assert opened.owned is (delivery.owner(now) is Mode.SFTP and not rehearsed)
        self.handles.append(Handle(delivery, opened, set()))

    @rule(pick=PICK, halves=st.sets(st.sampled_from([0, 1])), clean=st.booleans())
    def close_archive(self, pick: int, halves: set[int], clean: bool) -> None:
        """Ends a handle, by its client or with its connection, after nothing, a part or the whole was read."""
        if not self.handles:
            return
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
        if handle.opened.rehearsed:
            delivery = self.at(delivery, Mode.SFTP)
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
        real, now = self.delivery(pick), self.clock.now
        delivery, town = self.at(real, Mode.SFTP), real.case.town
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
        if raced and delivery.open and delivery is real:
            counted = sum(one.open for one in self._of(town.name))
            carried = self.switch_beside(town.name, error, gesture)
            assert carried == counted or (moves and not unread and carried == counted - 1)
            if carried < counted:  # the gesture was first
                self._put(delivery, place, moves=moves, unread=unread)
                self.switched(town.name, None)
                return
            self.switched(town.name, None)
        else:
            self.expect(error, gesture)
        self._put(delivery, place, moves=moves, unread=unread)

    def _put(self, delivery: model.Delivery, place: Place, *, moves: bool, unread: bool) -> None:
        now = self.clock.now
        if delivery.place is not None or (moves and unread):
            return
        delivery.place, delivery.placed_at = place, now
        if moves:
            delivery.close(State.REJECTED if place is Place.FAILED else State.ACCEPTED, now, Mode.SFTP)
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
        expected = model.answered(self.seen(case, Mode.SFTP), code, hashlib.sha256(content).digest(), self.clock.now)
        found = self.run(self.office.store.read(lambda tx: tx.answers.get(identifier)))
        assert found is not None
        assert found.state == expected

    @precondition(lambda self: self.cases)
    @rule(pick=PICK, whole=st.booleans())
    def read_over_api(self, pick: int, whole: bool) -> None:
        """The metadata, and with `whole` every attachment of the case and of its events."""
        self.clock.pass_by(MOMENT)  # begun behind whatever was settled before
        case = self.case(pick)
        caller = api_client(case.town.name)
        view = self.run(cases.read_case(self.office, caller, case.id))
        assert view.case.status is self.seen(case, Mode.API).status
        self._served(case, "metadata")
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
        self._served(case, download.attachment.id)

    def _served(self, case: model.Case, item: str) -> None:
        """What was read is evidence, whoever owns; what it means depends on that."""
        for one in case.deliveries:
            if one.open and (item == "metadata" or item in one.manifest):
                one.items.add(item)
        model.served_over_api(self.seen(case, Mode.API), item, self.clock.now)

    @precondition(lambda self: self.cases)
    @rule(pick=PICK, status=st.sampled_from(["SENT", "SI_RECEIVED", "IN_PROGRESS", "DONE", "REFUSED", "SI_INTG_ERROR"]))
    def say_status(self, pick: int, status: str) -> None:
        case, wanted = self.seen(self.case(pick), Mode.API), Status(status)
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
        delivery = self.at(self.delivery(pick), Mode.API)
        dismissing = inbox.dismiss(self.office, api_client(delivery.case.town.name), delivery.id)
        counts = delivery.counts(Mode.API, self.clock.now)
        self.expect(None if counts or not delivery.open else NotFoundError, dismissing)
        if counts and delivery.acknowledgeable:
            delivery.close(State.ACCEPTED, self.clock.now, Mode.API)
        if counts or delivery.kept_by_api:
            delivery.kept_by_api = False


@contextmanager
def _sqlite(template: Path, directory: Path) -> Iterator[Database]:
    yield Path(shutil.copy(template, directory / "gateway.db"))


@contextmanager
def _postgres(url: str, template: str, _: Path) -> Iterator[Database]:
    database = fresh_database(url, template)
    try:
        yield database
    finally:
        drop_database(url, database)


def _play(fresh: Callable[[Path], AbstractContextManager[Database]], examples: int) -> None:
    Deliveries.fresh = staticmethod(fresh)
    run_state_machine_as_test(
        Deliveries,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_deliveries_keep_the_rules(sqlite_template: Path) -> None:
    _play(partial(_sqlite, sqlite_template), 40)


def test_deliveries_keep_the_rules_on_postgresql(postgres_url: str, postgres_template: str) -> None:
    """Fewer, for each step is many round trips; but here the two workers' transactions really meet."""
    _play(partial(_postgres, postgres_url, postgres_template), 12)
