"""One subscriber's side of the balance sheet: its own ledger beside the journal and the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from gateway.domain.fates import Fate
from gateway.domain.identity import Mode
from tools.simulate.ledger import Deposited, DepositorLedger, Said, What
from tools.simulate.legacy import number_of
from tools.simulate.subscribers import FINAL, Subscriber

MODES: Final = {"API": Mode.API, "SFTP": Mode.SFTP}
"""The doors that may rehearse."""
BY_STATUS: Final = (What.STATUS, What.POSTED)
_GESTURES: Final = {
    "rename": What.RENAMED,
    "delete": What.DELETED,
    "fail": What.FAILED,
    "answer": What.ANSWERED,
    "dismiss": What.DISMISSED,
    "read": What.FETCHED,
}
_ACKNOWLEDGING: Final = (What.RENAMED, What.DELETED, What.FAILED, What.DISMISSED)


class Standing(Enum):
    """Whether what a client did was meant for real. EITHER: in the very step in which that changed."""

    REAL = "real"
    REHEARSED = "rehearsed"
    EITHER = "either"


class Comparison:
    """One subscriber's. `fates`: its deliveries, by the journal. `kept`, `statuses`: what waits, and where its cases
    are, by the store. `cases`: what was deposited for it.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        fates: dict[str, Fate],
        kept: set[str],
        statuses: dict[str, str],
        cases: Sequence[Deposited],
        depositor: DepositorLedger,
    ) -> None:
        self.subscriber = subscriber
        self.fates = fates
        self.statuses = statuses
        self._kept = kept
        self._cases = {one.case: one for one in cases}
        self._numbers = {one.number: one.case for one in cases}
        self._archives = {fate.archive: fate for fate in fates.values()}
        self._depositor = depositor
        self._of_case: dict[str, list[Fate]] = defaultdict(list)
        for fate in fates.values():
            self._of_case[fate.case_id].append(fate)
        self.said = [one for one in self._lines() if one.taken]

    def standing(self, one: Said) -> Standing:
        """Whether its client was rehearsing when it did something."""
        for run in self.subscriber.runs:
            if run.mode is not MODES.get(one.door):
                continue
            if one.at in (run.begun, run.ended):
                return Standing.EITHER
            if run.begun < one.at and (run.ended is None or one.at < run.ended):
                return Standing.REHEARSED
        return Standing.REAL

    def faults(self) -> Iterator[str]:
        """Every disagreement."""
        yield from self.subscriber.ledger.faults
        for case in self._cases:
            if case not in self._of_case:
                yield f"case {case}: deposited, and never delivered"
        for case in self._of_case:
            if case not in self._cases:
                yield f"case {case}: delivered, and nobody deposited it"
        for delivery in self._kept - set(self.fates):
            yield f"delivery {delivery}: waits, and the journal never heard of it"
        served = {_key(one) for one in self.said}
        made = {_key(one) for one in self.said if self.standing(one) is not Standing.REHEARSED}
        for fate in self.fates.values():
            found = self._of(fate, made, served)
            yield from (f"delivery {fate.delivery_id} ({fate.archive}): {fault}" for fault in found)
        for one in self.said:
            yield from (f"{one.at:%Y-%m-%d %H:%M} {one.actor} {one.what} {one.about}: {f}" for f in self._heard(one))
        yield from self._ends()

    def _lines(self) -> Iterator[Said]:
        """Its own, and those of its operator that are about its dossiers."""
        yield from self.subscriber.ledger.lines
        if self.subscriber.operator is None:
            return
        for one in self.subscriber.operator.ledger.lines:
            ambiguous = one.what is What.ANSWERED and self.subscriber.operator.ambiguous(one.about)
            if not ambiguous and (one.about in self._archives or one.about in self._numbers):
                yield one

    def _of(
        self, fate: Fate, made: set[tuple[str, str, str, str]], served: set[tuple[str, str, str, str]]
    ) -> Iterator[str]:
        if len(fate.acknowledgements) > 1:
            yield "counted twice"
        if fate.open != (fate.delivery_id in self._kept):
            yield "lost: " + ("it waits nowhere" if fate.open else f"it still waits, and the journal says {fate.state}")
        for one in fate.acknowledgements:
            if not any((one.door, one.actor, what, about) in made for what, about in self._meant(fate, one.gesture)):
                yield f"acknowledged by {one.actor} ({one.gesture}), who knows nothing of it"
        for door, actor in fate.served:
            about = fate.case_id if door == "API" else fate.archive
            if (door, actor, What.FETCHED, about) not in served:
                yield f"served whole to {actor}, who did not have it whole"

    def _meant(self, fate: Fate, gesture: str | None) -> list[tuple[str, str]]:
        what = _GESTURES.get(gesture or "")
        if what is None:
            return [(one, fate.case_id) for one in BY_STATUS]
        if what is What.ANSWERED:
            return [(what, self._cases[fate.case_id].number)]
        return [(what, fate.delivery_id if what is What.DISMISSED else fate.archive)]

    def _heard(self, one: Said) -> Iterator[str]:
        """Whether the gateway counts what a client says that it did."""
        if one.what is What.FETCHED:
            yield from self._served(one)
        elif self.standing(one) is not Standing.REAL:
            return
        elif one.what in _ACKNOWLEDGING:
            fate = self.fates.get(one.about) if one.what is What.DISMISSED else self._archives.get(one.about)
            if fate is None:
                yield "the journal knows no such delivery"
            elif not fate.acknowledgements and fate.left is None:
                yield "was taken, and did not count"
        elif one.what is What.ANSWERED:
            case = self._numbers.get(one.about)
            if not any(fate.acknowledgements for fate in self._of_case.get(case or "", ())):
                yield "was taken, and no delivery counts as answered"

    def _served(self, one: Said) -> Iterator[str]:
        of_archive = [self._archives[one.about]] if one.about in self._archives else []
        found = self._of_case.get(one.about, []) if one.door == "API" else of_archive
        if not any((one.door, one.actor) in fate.served or not _open_at(fate, one) for fate in found):
            yield "was read whole, and the journal does not say so"

    def _ends(self) -> Iterator[str]:
        """Final statuses, as their subscriber gave them last: where the case is, and what the depositor heard."""
        last: dict[str, Said] = {}
        for one in self.said:
            if one.what in (What.ANSWERED, *BY_STATUS) and self.standing(one) is not Standing.REHEARSED:
                case = self._numbers.get(one.about, one.about)
                last[case] = one if case not in last or one.at >= last[case].at else last[case]
        heard, reopened = self._depositor.statuses, self._depositor.reopened
        for case, one in last.items():
            if one.status not in FINAL or self.standing(one) is not Standing.REAL:
                continue
            if case in reopened and reopened[case] >= one.at:
                continue
            if self.statuses.get(case) != one.status:
                yield f"case {case}: its subscriber said {one.status}, and it is {self.statuses.get(case)}"
            if one.what is not What.STATUS and one.status not in heard.get(case, ()):
                yield f"case {case}: its subscriber said {one.status}, and its depositor never heard of it"

    def count(self, gateway: Counter[str], clients: Counter[str]) -> None:
        """Adds to the sums."""
        gateway["deposited"] += len(self._of_case)
        gateway["deliveries"] += len(self.fates)
        operator = self.subscriber.operator
        for fate in self.fates.values():
            gateway[f"state {fate.state}"] += 1
            gateway["fetched whole"] += bool(fate.served)
            gateway["acknowledged"] += bool(fate.acknowledgements)
            gateway["through more than one door or account"] += len(fate.served) > 1
            gateway["pushed"] += "PUSH" in fate.served_doors
            gateway["through shared accounts"] += operator is not None and ("SFTP", operator.username) in fate.served
            gateway["counted twice"] += len(fate.acknowledgements) > 1
            gateway["lost"] += fate.open != (fate.delivery_id in self._kept)
        gateway["answered"] += sum(status in FINAL for status in self.statuses.values())
        for one in self.subscriber.ledger.lines:
            clients[f"{one.what}, {'taken' if one.taken else 'refused'}"] += 1
            clients["real doors"] += self.subscriber.real
        rehearsed = [one for one in self.said if self.standing(one) is Standing.REHEARSED]
        clients["in dual runs"] += len(rehearsed)
        believed = {self._numbers.get(one.about, one.about) for one in rehearsed if one.status in FINAL}
        clients["believed answered in a dual run alone"] += sum(
            self.statuses.get(case) not in FINAL for case in believed
        )


def about(fate: Fate) -> set[str]:
    """By which names a client's ledger may speak of a delivery."""
    return {fate.delivery_id, fate.case_id, fate.archive, number_of(fate.archive)}


def _key(one: Said) -> tuple[str, str, str, str]:
    return one.door, one.actor, one.what, one.about


def _open_at(fate: Fate, one: Said) -> bool:
    """Whether it was open for certain when a client did something: later steps decide nothing about earlier ones.

    Of one that expired and was acknowledged late it is not known when it expired.
    """
    late = fate.ended_seq not in (None, *(made.seq for made in fate.acknowledgements))
    before = all(made.at > one.at for made in fate.acknowledgements)
    return before and not late and fate.left is None and fate.published_at <= one.at
