"""The virtual depositor: hands in dossiers, reads what comes back, sends messages and opens cases again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Final

from gateway.domain.dossiers import ActionType, Applicant, Notification
from gateway.domain.errors import DomainError
from gateway.domain.identity import Caller, OrganizationId
from gateway.services import cases, events, inbox
from gateway.services.deposit import NewAttachment, NewCase, NewFolder
from gateway.services.office import Office
from gateway.services.ports import Transaction
from tools.simulate.agenda import Agenda
from tools.simulate.doors import Deposits
from tools.simulate.habits import DAY, HOUR, between
from tools.simulate.ledger import Deposited, DepositorLedger
from tools.simulate.subscribers import Subscriber

_ACTOR: Final = "depositor"
_MESSAGES, _REOPENINGS = 0.02, 0.01


class Depositor:
    """One depositor for all. `doors`: where it hands in, by whether the subscriber is at real doors."""

    def __init__(self, office: Office, agenda: Agenda, caller: Caller, doors: dict[bool, Deposits], seed: int) -> None:
        self.ledger = DepositorLedger()
        self._office = office
        self._agenda = agenda
        self._caller = caller
        self._doors = doors
        self._seed = seed

    async def deposit(self, number: str, subscribers: Sequence[Subscriber]) -> None:
        """Hands in a dossier with a case for each of these subscribers, who are of one process."""
        random = Random(f"{self._seed}/{number}")
        names = {f"{number}/{position}": one for position, one in enumerate(subscribers, start=1)}
        contents = [f"%PDF-1.7 dossier {number}, pièce 1\n".encode() * 8]
        if random.random() < 0.3:
            contents.append(f"%PDF-1.7 dossier {number}, pièce 2\n".encode() * 64)
        new = NewFolder(
            subscribers[0].process,
            number,
            Applicant("Camille", "ESSAI", "camille.essai@example.org"),
            tuple(NewCase(name, OrganizationId.parse(one.organization)) for name, one in names.items()),
            tuple(
                NewAttachment(f"piece-{position}.pdf", f"piece-{position}", len(one), "application/pdf", tuple(names))
                for position, one in enumerate(contents, start=1)
            ),
        )
        self.ledger.contents[number] = frozenset(hashlib.sha256(one).digest() for one in contents)
        door = self._doors[any(one.real for one in subscribers)]
        folder, made = await door.deposit(new, contents)
        for case, subscriber in zip(made, names.values(), strict=True):
            now = self._agenda.clock.now
            self.ledger.cases[case] = Deposited(case, folder, number, subscriber.subscription, now)
            if subscriber.operator is not None:
                subscriber.operator.numbers[number] += 1
            self._follow(case, subscriber, random)
            subscriber.wake(all_doors=random.random() < 0.02)

    def _follow(self, case: str, subscriber: Subscriber, random: Random) -> None:
        drawn = random.random()
        if drawn < _MESSAGES:
            later = between(random, (HOUR, 10 * DAY))
            self._agenda.after(later, _ACTOR, partial(self._message, case, subscriber))
        elif drawn < _MESSAGES + _REOPENINGS:
            later = between(random, (DAY, 60 * DAY))
            self._agenda.after(later, _ACTOR, partial(self._reopen, case, subscriber))

    async def _message(self, case: str, subscriber: Subscriber) -> None:
        new = events.NewEvent(ActionType.SENDING_MESSAGE, message="Une précision", notification=True)
        await events.post_event(self._office, self._caller, case, new)
        self.ledger.messages += 1
        subscriber.wake()

    async def _reopen(self, case: str, subscriber: Subscriber) -> None:
        try:
            await cases.set_status(self._office, self._caller, case, "HUBEE_NOTIFIED")
        except DomainError:
            return
        self.ledger.reopened[case] = self._agenda.clock.now
        subscriber.wake()

    async def read_notifications(self) -> None:
        """Takes down every status that it was notified of, and deletes the notifications."""
        while found := await inbox.notifications(self._office, self._caller, 100):
            for case, status in await self._office.store.read(partial(_statuses, found)):
                self.ledger.statuses.setdefault(case, []).append(status)
            await inbox.acknowledge(self._office, self._caller, [one.id for one in found])


def _statuses(notices: Sequence[Notification], tx: Transaction) -> list[tuple[str, str]]:
    found = []
    for one in notices:
        event = tx.events.get(one.case_id, one.event_id) if one.case_id and one.event_id else None
        if event is not None and event.new_status is not None:
            found.append((event.case_id, str(event.new_status)))
    return found
