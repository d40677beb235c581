"""Offices beside their model, and the comparison of the two, for the state machine of deliveries."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
)

from gateway.domain.deliveries import Delivery, Gesture, Place
from gateway.domain.dossiers import Case, Folder
from gateway.domain.identity import Mode
from gateway.services import archives, inbox
from gateway.services.archives import Opened
from gateway.services.office import Office, Policy
from gateway.services.ports import Transaction
from gateway.store.signing import Signer
from tests.databases import Database
from tests.faults import delivery_model as model
from tests.journeys.offices import (
    Clock,
    Tally,
    api_client,
    office_on,
    sftp_account,
    sftp_client,
)
from tests.journeys.world import PROCESS, declare

T = TypeVar("T")
WORKERS: Final = 2
SIGNER: Final = Signer(bytes(32))
POLICY: Final = Policy(expire_after=model.EXPIRE_AFTER, grace=model.GRACE, retention=model.RETENTION)
MOMENT: Final = timedelta(milliseconds=1)
PICK: Final = st.integers(0, 2**16)
PLACES: Final = st.sampled_from([Place.DONE, Place.FAILED, Place.DELETED])


@dataclass
class Handle:
    """An archive that is open at the SFTP door, and which halves of it were read."""

    delivery: model.Delivery
    opened: Opened
    halves: set[int]


class DeliveriesBase(RuleBasedStateMachine):
    """Offices on one database, what their model knows of them, and what must hold after every step.

    `fresh` makes a database with the schema for one example.
    """

    fresh: Callable[[Path], AbstractContextManager[Database]]

    def begin(self) -> None:
        """Opens the offices, in which nothing has happened yet."""
        self.runner = asyncio.Runner()
        self.directory = Path(tempfile.mkdtemp(prefix="gateway-machine-"))
        self.kept_until_the_end = ExitStack()
        self.kept_until_the_end.callback(shutil.rmtree, self.directory)
        self.database = self.kept_until_the_end.enter_context(type(self).fresh(self.directory))
        self.clock = Clock()
        self.towns = {
            "rennes": model.Town("rennes", Mode.SFTP),
            "nantes": model.Town("nantes", Mode.SFTP, reading_accepts=True, allow_unread=True),
            "brest": model.Town("brest", Mode.API),
        }
        self.cases: list[model.Case] = []
        self.handles: list[Handle] = []
        self.uploads = 0
        self.open()
        self.run(self.office.store.write(self._declare))

    def _declare(self, tx: Transaction) -> None:
        declare(tx)
        for name in self.towns:
            tx.accounts.change(self.account(name), self.clock())

    def account(self, name: str) -> Any:
        town, account = self.towns[name], sftp_account(name)
        reading = {Gesture.READ} if town.reading_accepts else set()
        return replace(account, acknowledge_on=account.acknowledge_on | reading, allow_unread=town.allow_unread)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def open(self) -> None:
        self.stack = AsyncExitStack()
        self.workers = [self._worker() for _ in range(WORKERS)]
        self.calls = 0

    def _worker(self) -> Office:
        context = office_on(self.database, self.directory / "blobs", self.clock, POLICY)
        return replace(self.run(self.stack.enter_async_context(context)), signer=SIGNER)

    @property
    def office(self) -> Office:
        """One worker after the other, each with a store of its own on the same database."""
        self.calls += 1
        return self.workers[self.calls % WORKERS]

    @property
    def deliveries(self) -> list[model.Delivery]:
        return [delivery for case in self.cases for delivery in case.deliveries]

    def _of(self, name: str) -> list[model.Delivery]:
        return [one for one in self.deliveries if one.case.town.name == name]

    def shown(self, name: str, mode: Mode) -> list[model.Delivery]:
        """Everything that a recipient's door may show."""
        return self._of(name)

    def seen(self, case: model.Case, mode: Mode) -> model.Case:
        """The case as a recipient's door has it."""
        return case

    def at(self, delivery: model.Delivery, mode: Mode) -> model.Delivery:
        """The delivery as a recipient's door has it."""
        return next(one for one in self.seen(delivery.case, mode).deliveries if one.id == delivery.id)

    def delivery(self, pick: int) -> model.Delivery:
        found = self.deliveries
        return found[pick % len(found)]

    def case(self, pick: int) -> model.Case:
        return self.cases[pick % len(self.cases)]

    def expect(self, error: type[Exception] | None, coroutine: Coroutine[Any, Any, Any]) -> None:
        if error is None:
            self.run(coroutine)
            return
        with pytest.raises(error):
            self.run(coroutine)

    def kept(self, case: model.Case) -> list[Delivery]:
        return self.run(self.office.store.read(lambda tx: tx.deliveries.of_case(case.id)))

    def adopt(self, case: model.Case, *, reopened: bool = False) -> model.Delivery:
        """The delivery that the services have just published for the case, perhaps because it was re-opened."""
        known = {one.id for one in case.deliveries}
        (new,) = [
            one
            for one in self.run(self.office.store.read(lambda tx: tx.deliveries.of_case(case.id)))
            if one.id not in known
        ]
        manifest = tuple(self.run(self.office.store.read(lambda tx: tx.archives.attachments(new.id))))
        made = model.Delivery(
            new.id,
            new.archive_name,
            new.archive_size,
            case,
            new.kind,
            new.publication,
            new.published_at,
            event=new.event_id,
            manifest=manifest,
        )
        case.deliveries.append(made)
        return made

    @invariant()
    def deliveries_and_statuses_are_those_of_the_model(self) -> None:
        for case in self.cases:
            found = {one.id: one for one in self.kept(case)}
            assert {key: one.state for key, one in found.items()} == {one.id: one.state for one in case.deliveries}
            for one in case.deliveries:
                assert (found[one.id].fetched_at is not None) == one.fetched
                assert found[one.id].publication == one.publication
            held = self.run(self.office.store.read(partial(_case, case.id)))
            assert held is not None
            assert (held[0].status, held[0].publication) == (case.status, case.publication)
            assert held[1].status == model.status_of_folder(
                one.status for one in self.cases if one.folder == case.folder
            )

    @invariant()
    def inboxes_show_exactly_what_is_open(self) -> None:
        now = self.clock.now
        for name in self.towns:
            seen = self.shown(name, Mode.SFTP)
            listed = self.run(archives.inbox(self.office, sftp_client(name), PROCESS))
            assert {one.name: one.size for one in listed} == {one.name: one.size for one in seen if one.listed(now)}
            shown = self.run(inbox.notifications(self.office, api_client(name), 1000))
            notified = sorted(one.id for one in self.shown(name, Mode.API) if one.notified(now))
            assert [one.id for one in shown] == notified
            for place in (Place.DONE, Place.FAILED):
                placed = self.run(archives.placed(self.office, sftp_client(name), PROCESS, place))
                kept = {
                    one.name
                    for one in seen
                    if one.place is place and one.placed_at and now - one.placed_at < model.RETENTION
                }
                assert {one.name for one in placed} == kept

    @invariant()
    def every_delivery_has_at_most_one_counted_acknowledgement(self) -> None:
        lines = self.run(self.office.store.read(lambda tx: tx.journal.after(0, 10**6)))
        counted = Counter(one.delivery_id for one in lines if one.entry in ("delivery.accepted", "delivery.rejected"))
        assert counted == {one.id: one.acknowledgements for one in self.deliveries if one.acknowledgements}
        assert not counted or max(counted.values()) == 1
        for worker in self.workers:
            assert isinstance(worker.meter, Tally)
            assert worker.meter.counts["errors_total"] == 0

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.run(self.stack.aclose())
            self.runner.close()
            self.kept_until_the_end.close()


def _case(identifier: str, tx: Transaction) -> tuple[Case, Folder] | None:
    return tx.cases.get(identifier)
