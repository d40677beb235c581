"""The stage of a dual run: a transaction that shows what is real with the overlay before it, and writes to the overlay.

Deny by default: a noun that is not here, or a method that is neither a reading listed nor written here, does not exist
on a stage, so that no verb can have an effect elsewhere by a way that nobody thought of.
"""

# ruff: noqa: ARG002 - a noun on a stage takes what the real one takes

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain.answers import Answer, AnswerState
from gateway.domain.blob import Blob
from gateway.domain.deliveries import Gesture
from gateway.domain.dossiers import Attachment, AttachmentStatus, Case, Event, EventStatus, Folder, Notification
from gateway.domain.identity import Caller, Transport
from gateway.domain.journal import Entry
from gateway.domain.referential import Subscription
from gateway.domain.rehearsals import Rehearsal, RehearsedCase, Way
from gateway.domain.statuses import Status, Step
from gateway.services.overlay_deliveries import StagedArchives, StagedDeliveries, StagedServings
from gateway.services.overlay_noun import Noun
from gateway.services.ports import Transaction

_BEYOND_RECIPIENTS = (Status.CLOSED, Status.ARCHIVED)
_OF_ANSWERS = (Entry.ANSWER_TAKEN, Entry.ANSWER_DUPLICATE, Entry.ANSWER_REFUSED)


class Stage:
    """See `services.ports.Transaction`; `services.rehearsing` says who is given one.

    The subscription is the caller's own there, cases stand where the rehearsing door has brought them, and what the
    owner has done since the dual run began is not to be seen.
    """

    def __init__(self, real: Transaction, rehearsal: Rehearsal, organization: str) -> None:
        self.real = real
        self.rehearsal = rehearsal
        self.organization = organization
        self.overlays = real.overlays
        self.rehearsals = real.rehearsals
        self.organizations = Noun(real.organizations, "get")
        self.processes = Noun(real.processes, "get")
        self.accounts = Noun(real.accounts, "get")
        self.subscriptions = _Subscriptions(real, rehearsal)
        self.deliveries = StagedDeliveries(real, rehearsal)
        self.archives = StagedArchives(real, self.deliveries)
        self.servings = StagedServings(real.servings)
        self.folders = _Folders(real.folders)
        self.cases = _Cases(real, rehearsal)
        self.events = _Events(real, rehearsal, organization, self.cases)
        self.attachments = _Attachments(real, rehearsal)
        self.answers = _Answers(real, rehearsal)
        self.notifications = _Notifications()
        self.journal = _Journal(real, rehearsal)
        self.idempotency = _Idempotency(real, rehearsal)


class _Subscriptions(Noun):
    """The subscription as if the rehearsing door owned it."""

    def __init__(self, real: Transaction, rehearsal: Rehearsal) -> None:
        super().__init__(real.subscriptions)
        self._rehearsal = rehearsal

    def get(self, identifier: str) -> Subscription | None:
        found: Subscription | None = self._real.get(identifier)
        return None if found is None else replace(found, access_mode=self._rehearsal.mode, transport=Transport.PULL)

    share = get  # whoever has a stage holds it


class _Folders(Noun):
    """Folders follow their real cases alone."""

    def __init__(self, real: Any) -> None:
        super().__init__(real, "get", "hold")

    def set_status(self, identifier: str, status: Status, now: datetime, *, pinned: bool) -> None:
        """Changes nothing."""


class _Notifications:
    """Nobody is told."""

    def add(self, new: Notification) -> None:
        """Changes nothing."""


class _Cases(Noun):
    def __init__(self, real: Transaction, rehearsal: Rehearsal) -> None:
        super().__init__(real.cases, "answered", "statuses")
        self._overlays = real.overlays
        self._rehearsal = rehearsal

    def get(self, identifier: str) -> tuple[Case, Folder] | None:
        return self._seen(self._real.get(identifier))

    def hold(self, identifier: str) -> tuple[Case, Folder] | None:
        return self._seen(self._real.hold(identifier))

    def change_status(self, identifier: str, before: Status, after: Status, now: datetime) -> bool:
        found = self.get(identifier)
        if found is None or found[0].status is not before:
            return False
        known = self._overlays.case(self._rehearsal.id, identifier)
        way = Way(before) if known is None else known.way
        self._save(RehearsedCase(identifier, after, Way(way.begun, (*way.set, Step(after)))))
        return True

    def inserted(self, identifier: str) -> None:
        """Marks the status set last as one that its sender had skipped."""
        known = self._overlays.case(self._rehearsal.id, identifier)
        if known is not None and known.way.set:
            *before, last = known.way.set
            self._save(replace(known, way=Way(known.way.begun, (*before, replace(last, inserted=True)))))

    def _seen(self, found: tuple[Case, Folder] | None) -> tuple[Case, Folder] | None:
        if found is None:
            return None
        case, folder = found
        known = self._overlays.case(self._rehearsal.id, case.id)
        ended = known is None or case.status in _BEYOND_RECIPIENTS
        status = case.status if ended or known is None else known.status
        return replace(case, status=status, reopening=False), folder

    def _save(self, case: RehearsedCase) -> None:
        self._overlays.save_case(self._rehearsal.id, case)


class _Events(Noun):
    """The depositor's events and those that the rehearsing door posted, but none of the owner's since it began."""

    def __init__(self, real: Transaction, rehearsal: Rehearsal, organization: str, cases: _Cases) -> None:
        super().__init__(real.events)
        self._overlays = real.overlays
        self._rehearsal = rehearsal
        self._organization = organization
        self._cases = cases

    def get(self, case_id: str, identifier: str) -> Event | None:
        for event in self._own(case_id):
            if event.id == identifier:
                return event
        found: Event | None = self._real.get(case_id, identifier)
        return None if found is None or self._hidden(found) else self._seen(found, self._received(case_id))

    def of_case(self, case_id: str) -> list[Event]:
        received = self._received(case_id)
        shown = [self._seen(one, received) for one in self._real.of_case(case_id) if not self._hidden(one)]
        return sorted([*shown, *self._own(case_id)], key=lambda one: (one.created_at, one.id))

    def in_progress(self, case_id: str, transmitter: str) -> bool:
        return any(
            one.transmitter == transmitter and one.status is EventStatus.IN_PROGRESS for one in self.of_case(case_id)
        )

    def add(self, new: Event) -> None:
        self._overlays.save_event(self._rehearsal.id, new)
        if new.inserted:
            self._cases.inserted(new.case_id)

    def change_status(self, identifier: str, before: EventStatus, after: EventStatus, now: datetime) -> bool:
        case_id = self._overlays.case_of_event(self._rehearsal.id, identifier) or self._real.case_of(identifier)
        event = None if case_id is None else self.get(case_id, identifier)
        if event is None or event.status is not before:
            return False
        if event.transmitter == self._organization:
            self._overlays.save_event(self._rehearsal.id, replace(event, status=after, updated_at=now))
        else:
            self._overlays.receive_event(self._rehearsal.id, event.case_id, identifier, now)
        return True

    def delete(self, identifier: str) -> bool:
        case_id = self._overlays.case_of_event(self._rehearsal.id, identifier)
        event = None if case_id is None else self.get(case_id, identifier)
        if event is None or event.status is not EventStatus.IN_PROGRESS:
            return False
        self._overlays.drop_event(identifier)
        return True

    def _own(self, case_id: str) -> list[Event]:
        return self._overlays.events(self._rehearsal.id, case_id)

    def _received(self, case_id: str) -> set[str]:
        return self._overlays.received(self._rehearsal.id, case_id)

    def _hidden(self, event: Event) -> bool:
        """Ids grow with time, so that what is younger than the dual run has a larger one."""
        return event.transmitter == self._organization and event.id > self._rehearsal.id

    def _seen(self, event: Event, received: set[str]) -> Event:
        if event.id in received:
            return replace(event, status=EventStatus.RECEIVED)
        by_owner = event.status is EventStatus.RECEIVED and event.updated_at >= self._rehearsal.started_at
        return replace(event, status=EventStatus.SENT) if by_owner else event


class _Attachments(Noun):
    """The dossier's files, and those that the rehearsing door puts, which are dropped with the overlay."""

    def __init__(self, real: Transaction, rehearsal: Rehearsal) -> None:
        super().__init__(real.attachments, "of_case", "of_folder", "shown_by", "deposited")
        self._overlays = real.overlays
        self._rehearsal = rehearsal

    def get(self, identifier: str) -> Attachment | None:
        found: Attachment | None = self._overlays.attachment(self._rehearsal.id, identifier)
        return found or self._real.get(identifier)

    hold = get

    def of_event(self, event_id: str) -> list[Attachment]:
        return self._overlays.attachments_of_event(event_id) or self._real.of_event(event_id)

    def of_events(self, case_id: str) -> list[Attachment]:
        own = self._overlays.attachments_of_case(self._rehearsal.id, case_id)
        return [*self._real.of_events(case_id), *own]

    def add(self, new: Attachment, position: int, case_ids: Iterable[str] = ()) -> None:
        self._overlays.add_attachment(self._rehearsal.id, new, position)

    def receive(self, identifier: str, status: AttachmentStatus, blob: Blob | None, now: datetime) -> None:
        self._overlays.receive(identifier, status, blob)


class _Answers(Noun):
    """Uploads are the account's own view, and real; what they said of a case is not, nor that they said it."""

    def __init__(self, real: Transaction, rehearsal: Rehearsal) -> None:
        super().__init__(real.answers, "find", "hide")
        self._overlays = real.overlays
        self._rehearsal = rehearsal

    def counted(self, case_id: str, publication: int, digest: bytes) -> bool:
        return self._overlays.answered(self._rehearsal.id, case_id, publication, digest)

    def settle(
        self,
        answer: Answer,
        after: AnswerState,
        now: datetime,
        *,
        case_id: str | None = None,
        publication: int | None = None,
        **shown: Any,
    ) -> bool:
        if case_id is not None and publication is not None and after is AnswerState.TAKEN:
            digest = answer.blob.sha256
            self._overlays.note_answer(self._rehearsal.id, answer.id, case_id, publication, digest, now)
        settled: bool = self._real.settle(answer, after, now, **shown)
        return settled


class _Journal:
    """Of what is rehearsed, the journal holds what was served whole and what became of uploads, marked as such."""

    def __init__(self, real: Transaction, rehearsal: Rehearsal) -> None:
        self._real = real.journal
        self._mark = {"rehearsal": rehearsal.id}

    def write(self, entry: Entry, caller: Caller, now: datetime, **values: Any) -> None:
        detail: Mapping[str, Any] = values.get("detail") or {}
        read = entry is Entry.DELIVERY_ACCEPTED and detail.get("gesture") == Gesture.READ
        if read or entry in (Entry.DELIVERY_FETCHED, Entry.DELIVERY_SERVED):
            about = {name: values[name] for name in ("case_id", "delivery_id", "subscription_id")}
            self._real.write(Entry.DELIVERY_SERVED, caller, now, detail=self._mark, **about)
        elif entry in _OF_ANSWERS:
            self._real.write(entry, caller, now, digest=values.get("digest"), detail={**detail, **self._mark})

    def repeated(self, delivery_id: str, actor: str, gesture: Gesture, now: datetime) -> bool:
        """Nothing is said of repetitions."""
        return False


class _Idempotency:
    """Keys of a dual run are its own: after it, the same request under the same key is a new one."""

    def __init__(self, real: Transaction, rehearsal: Rehearsal) -> None:
        self._real = real.idempotency
        self._rehearsal = rehearsal

    def claim(self, client: str, key: str, request: bytes, now: datetime) -> tuple[bytes, str] | None:
        return self._real.claim(client, self._key(key), request, now)

    def answer(self, client: str, key: str, answer: str) -> None:
        self._real.answer(client, self._key(key), answer)

    def _key(self, key: str) -> str:
        return hashlib.sha256(f"{self._rehearsal.id}\n{key}".encode()).hexdigest()
