"""What a door that rehearses should see and be answered: a world of its own, that follows the real one from afar.

The gestures are those of `delivery_model`, made on a copy of the case; nothing that happens to the copy is told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.domain.deliveries import DeliveryState as State
from gateway.domain.identity import Mode
from tests.faults.delivery_model import Case, Delivery, Town


class Run:
    """A dual run: the recipient as if the other door owned it, and its cases as that door has them."""

    def __init__(self, town: Town, mode: Mode, began: datetime, until: datetime) -> None:
        self.town = replace(town, mode=mode)
        self.began = began
        self.until = until
        self.cases: dict[str, Case] = {}
        self._own: set[str] = set()
        self._copied: dict[str, object] = {}

    def begin(self, case: Case) -> None:
        """Shows what is open when the dual run begins, as if it had just come."""
        shown = [one for one in case.deliveries if one.open]
        if shown:
            self._own |= {case.id, *(one.id for one in shown)}
            self.cases[case.id] = self._fresh(case)
            self.cases[case.id].deliveries = [_fresh(self.cases[case.id], one) for one in shown]

    def case(self, real: Case) -> Case:
        """The case as the rehearsing door has it now: what it has not touched, and never saw open, is as it is."""
        case = self.cases.setdefault(real.id, self._fresh(real))
        case.publication = real.publication
        known = {one.id: one for one in case.deliveries}
        case.deliveries = [self._followed(known.get(one.id) or _fresh(case, one), one) for one in real.deliveries]
        if self._follows(case.id, case.status):
            case.status = real.status
            self._copied[case.id] = case.status
        return case

    def publish(self, real: Case, made: Delivery, *, reopened: bool) -> None:
        """A delivery that is made meanwhile is shown too; a re-opening takes back what this door has not fetched."""
        case = self.case(real)
        for one in case.deliveries:
            if reopened and one.state is State.READY and one.id in self._own:
                one.state = State.WITHDRAWN
        if reopened or case.id not in self._own:
            case.status = real.status
        self._own |= {case.id, made.id}

    def compared(self, real: Case) -> set[str]:
        """The names of the deliveries that both sides had to do with: none that was taken back, or settled before."""
        mine = {one.id for one in self.shown(real)}
        return {
            one.name
            for one in real.deliveries
            if one.id in mine
            and one.state is not State.WITHDRAWN
            and not (one.closed_at and one.closed_at < self.began)
        }

    def shown(self, case: Case) -> list[Delivery]:
        """The deliveries of a case that have a place in the overlay."""
        return [one for one in self.case(case).deliveries if one.id in self._own]

    def _fresh(self, real: Case) -> Case:
        return Case(real.id, self.town, real.folder, real.number, real.status, real.publication)

    def _follows(self, identifier: str, mark: object) -> bool:
        if identifier not in self._own and self._copied.get(identifier, mark) != mark:
            self._own.add(identifier)  # changed since it was copied, so by the rehearsing door
        return identifier not in self._own

    def _followed(self, one: Delivery, real: Delivery) -> Delivery:
        if self._follows(one.id, _mark(one)):
            one.state, one.fetched, one.closed_at = real.state, real.fetched, real.closed_at
            self._copied[one.id] = _mark(one)
            return one
        self._own.add(one.case.id)  # it comes with its case, as that stands
        if real.state is State.WITHDRAWN:  # for everybody
            one.state, one.fetched, one.kept_by_api = real.state, real.fetched, False
        return one


def _fresh(case: Case, real: Delivery) -> Delivery:
    """As it was published. What was read is evidence, and the same for both."""
    return Delivery(
        real.id,
        real.name,
        real.size,
        case,
        real.kind,
        real.publication,
        real.published_at,
        event=real.event,
        halves=real.halves,
        items=real.items,
        manifest=real.manifest,
    )


def _mark(one: Delivery) -> object:
    return one.state, one.fetched, one.place, one.kept_by_api
