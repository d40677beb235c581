"""Deliveries on the stage of a dual run: as their rehearsing door has settled them and put their archives."""

# ruff: noqa: ARG002 - a noun on a stage takes what the real one takes

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from gateway.domain.deliveries import Delivery, DeliveryState, Gesture, Place, Serving
from gateway.domain.identity import Door, Mode, Transport
from gateway.domain.referential import Subscription
from gateway.domain.rehearsals import Rehearsal, Rehearsed, RehearsedCase, Way
from gateway.services.overlay_noun import Noun
from gateway.services.ports import Transaction

_DOORS: Final = {Mode.API: Door.API, Mode.SFTP: Door.SFTP, Mode.PORTAIL: Door.PORTAL}


class StagedDeliveries(Noun):
    """See `store.deliveries`. What is withdrawn is withdrawn for everybody; an expiry is the owner's."""

    def __init__(self, real: Transaction, rehearsal: Rehearsal) -> None:
        super().__init__(real.deliveries)
        self._rehearsals = real.rehearsals
        self._overlays = real.overlays
        self._cases = real.cases
        self._rehearsal = rehearsal

    def get(self, identifier: str) -> Delivery | None:
        """The delivery as the rehearsing door has it."""
        found: Delivery | None = self._real.get(identifier)
        return None if found is None else self.seen(found)

    def of_case(self, case_id: str) -> list[Delivery]:
        """Those of a case, oldest first."""
        return [self.seen(one) for one in self._real.of_case(case_id)]

    def for_gesture(self, identifier: str, door: Door, actor: str) -> tuple[Delivery, Subscription, bool] | None:
        """The delivery, its subscription as if the rehearsing door owned it."""
        found = self._real.for_gesture(identifier, door, actor)
        return None if found is None else (self.seen(found[0]), self.owned(found[1]), False)

    def fetch(self, identifier: str, now: datetime) -> bool:
        """READY to FETCHED; False if it was not READY any more."""
        row = self.row(identifier)
        if row is None or row.state is not DeliveryState.READY:
            return False
        self._save(replace(row, state=DeliveryState.FETCHED, fetched_at=row.fetched_at or now))
        return True

    def note_fetch(self, identifier: str, now: datetime) -> None:
        """Notes when it was first fetched, whatever its state."""
        row = self.row(identifier)
        if row is not None and row.fetched_at is None:
            self._save(replace(row, fetched_at=now))

    def close(
        self,
        identifier: str,
        before: DeliveryState,
        after: DeliveryState,
        now: datetime,
        *,
        gesture: Gesture | None = None,
        fetched: bool = False,
        shown: bool = False,
        listed_until: datetime | None = None,
        **_: Any,
    ) -> bool:
        """Settles it; False if it was not in `before` any more."""
        row = self.row(identifier)
        if row is None or row.state is not before:
            return False
        self._save(
            replace(
                row,
                state=after,
                gesture=gesture,
                dismissed=not shown,
                fetched_at=row.fetched_at or (now if fetched else None),
                closed_at=now,
                listed_until=listed_until,
            )
        )
        return True

    def dismiss(self, identifier: str) -> None:
        """Takes it out of the notifications, if the dual run shows it there."""
        row = self._rehearsals.delivery(self._rehearsal.id, identifier)
        if row is not None:
            self._save(replace(row, dismissed=True))

    def place(self, identifier: str, place: Place, name: str) -> None:
        """Puts its archive somewhere, for every account that rehearses."""
        row = self.row(identifier)
        if row is not None:
            self._save(replace(row, place=place, name=identifier if place is Place.DELETED else name))

    def row(self, identifier: str) -> Rehearsed | None:
        """The row of the overlay; that of a delivery which came meanwhile by another way begins as it is."""
        found = self._rehearsals.delivery(self._rehearsal.id, identifier)
        real: Delivery | None = self._real.get(identifier) if found is None else None
        if real is None:
            return found
        return Rehearsed(
            real.id,
            real.case_id,
            real.published_at,
            real.state,
            not real.open,
            fetched_at=real.fetched_at,
            closed_at=real.closed_at,
        )

    def seen(self, real: Delivery) -> Delivery:
        """A real delivery as the rehearsing door has it."""
        row = self._rehearsals.delivery(self._rehearsal.id, real.id)
        if row is None or real.state is DeliveryState.WITHDRAWN:
            return replace(real, pinned_mode=None, pinned_until=None)
        return replace(
            real,
            state=row.state,
            fetched_at=row.fetched_at,
            closed_at=row.closed_at,
            closed_door=None if row.closed_at is None else _DOORS[self._rehearsal.mode],
            pinned_mode=None,
            pinned_until=None,
        )

    def owned(self, subscription: Subscription) -> Subscription:
        """The subscription as if the rehearsing door owned it."""
        return replace(subscription, access_mode=self._rehearsal.mode, transport=Transport.PULL)

    def _save(self, row: Rehearsed) -> None:
        """Writes it; what the dual run did not show comes with its case, as that stands."""
        self._rehearsals.save(self._rehearsal.id, row)
        if self._overlays.case(self._rehearsal.id, row.case_id) is None and (held := self._cases.get(row.case_id)):
            status = held[0].status
            self._overlays.save_case(self._rehearsal.id, RehearsedCase(row.case_id, status, Way(status)))


class StagedArchives(Noun):
    """See `store.archives`: what is frozen is real, where it lies is the overlay's."""

    def __init__(self, real: Transaction, deliveries: StagedDeliveries) -> None:
        super().__init__(real.archives, "content", "attachments")
        self._rehearsals = real.rehearsals
        self._deliveries = deliveries

    def by_name(self, account: str, process: str, name: str) -> tuple[Delivery, Subscription, Place | None] | None:
        """The delivery of that archive name; and where the rehearsing door put it."""
        found = self._real.by_name(account, process, name)
        if found is None:
            return None
        row = self._deliveries.row(found[0].id)
        return self._deliveries.seen(found[0]), self._deliveries.owned(found[1]), None if row is None else row.place

    def by_place(
        self, account: str, process: str, place: Place, name: str
    ) -> tuple[Delivery, Subscription, Place | None] | None:
        """The delivery that was put there under that name, in the dual run or before."""
        found = self._rehearsals.by_place(account, process, place, name)
        delivery = None if found is None else self._deliveries.get(found[1])
        if delivery is None:
            real: tuple[Delivery, Subscription, Place | None] | None = self._real.by_place(
                account, process, place, name
            )
            return real
        row = self._real.by_name(account, process, delivery.archive_name)
        return None if row is None else (delivery, self._deliveries.owned(row[1]), place)

    def name_placed(self, account: str, process: str, place: Place, name: str) -> bool:
        """Whether something already has that name there."""
        if self._rehearsals.by_place(account, process, place, name) is not None:
            return True
        placed: bool = self._real.name_placed(account, process, place, name)
        return placed

    def place(self, account: str, delivery: Delivery, place: Place, name: str, now: datetime) -> None:
        """Puts the archive somewhere."""
        self._deliveries.place(delivery.id, place, name)


class StagedServings(Noun):
    """What was served is evidence, and real: by a door that did not own it."""

    def __init__(self, real: Any) -> None:
        super().__init__(real, "get", "standings")

    def save(self, delivery_id: str, door: Door, actor: str, serving: Serving, now: datetime) -> None:
        """Keeps what was served; by that alone nothing is owned."""
        known: Serving | None = self._real.get(delivery_id, door, actor)
        owned = known is not None and known.owned
        self._real.save(delivery_id, door, actor, replace(serving, owned=owned), now)

    def owned_of_case(self, case_id: str, door: Door, actor: str) -> set[str]:
        """None: nothing that is rehearsed counts late."""
        return set()
