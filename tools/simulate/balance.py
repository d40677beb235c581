"""The balance sheet: what the journal, the store and the certificate say, beside the ledgers of the virtual clients."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gateway.domain.certificates import Wrong, read
from gateway.domain.fates import Fate, Fates
from gateway.domain.journal import Line
from gateway.services.certify import Asked, Balance, certificate
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction
from gateway.store.signing import verifies
from tools.simulate.depositor import Depositor
from tools.simulate.ledger import Deposited, DepositorLedger, Said, What
from tools.simulate.subscribers import FINAL, Subscriber

_PAGE: Final = 5000
_GESTURES: Final = {
    "rename": What.RENAMED,
    "delete": What.DELETED,
    "fail": What.FAILED,
    "answer": What.ANSWERED,
    "dismiss": What.DISMISSED,
}
_BY_STATUS: Final = (What.STATUS, What.POSTED)
_ACKNOWLEDGING: Final = (What.RENAMED, What.DELETED, What.FAILED, What.DISMISSED)


@dataclass
class Sheet:
    """Sums, and every disagreement in words, with its delivery."""

    gateway: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    certificate: Balance = field(default_factory=Balance)
    disagreements: list[str] = field(default_factory=list)


async def balance(
    office: Office, subscribers: Sequence[Subscriber], depositor: Depositor, moved: Sequence[str]
) -> Sheet:
    """Compares everything."""
    sheet = Sheet()
    cases: dict[str, list[Deposited]] = defaultdict(list)
    for one in depositor.ledger.cases.values():
        cases[one.subscription].append(one)
    for subscriber in subscribers:
        fates, kept, statuses = await _told(office, subscriber.subscription, cases[subscriber.subscription])
        comparison = Comparison(subscriber, fates, kept, statuses, cases[subscriber.subscription], depositor.ledger)
        sheet.disagreements += comparison.faults()
        comparison.count(sheet)
    sheet.clients["deposited"] = len(depositor.ledger.cases)
    sheet.disagreements += await _certified(office, moved, sheet)
    return sheet


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
        self._subscriber = subscriber
        self._fates = fates
        self._kept = kept
        self._statuses = statuses
        self._cases = {one.case: one for one in cases}
        self._numbers = {one.number: one.case for one in cases}
        self._archives = {fate.archive: fate for fate in fates.values()}
        self._depositor = depositor
        self._of_case: dict[str, list[Fate]] = defaultdict(list)
        for fate in fates.values():
            self._of_case[fate.case_id].append(fate)
        self._said = [one for one in subscriber.ledger.lines if one.taken]

    def faults(self) -> Iterator[str]:
        """Every disagreement."""
        yield from self._subscriber.ledger.faults
        for case in self._cases:
            if case not in self._of_case:
                yield f"case {case}: deposited, and never delivered"
        for case in self._of_case:
            if case not in self._cases:
                yield f"case {case}: delivered, and nobody deposited it"
        for delivery in self._kept - set(self._fates):
            yield f"delivery {delivery}: waits, and the journal never heard of it"
        made = {self._key(one) for one in self._said}
        for fate in self._fates.values():
            yield from (f"delivery {fate.delivery_id} ({fate.archive}): {fault}" for fault in self._of(fate, made))
        for one in self._said:
            yield from (f"{one.at:%Y-%m-%d %H:%M} {one.actor} {one.what} {one.about}: {f}" for f in self._heard(one))
        yield from self._ends()

    def _of(self, fate: Fate, made: set[tuple[str, str, str, str]]) -> Iterator[str]:
        if len(fate.acknowledgements) > 1:
            yield "counted twice"
        if fate.open != (fate.delivery_id in self._kept):
            yield "lost: " + ("it waits nowhere" if fate.open else f"it still waits, and the journal says {fate.state}")
        for one in fate.acknowledgements:
            if not any((one.door, one.actor, what, about) in made for what, about in self._meant(fate, one.gesture)):
                yield f"acknowledged by {one.actor} ({one.gesture}), who knows nothing of it"
        for door, actor in fate.served:
            about = fate.archive if door == "SFTP" else fate.case_id
            if (door, actor, What.FETCHED, about) not in made:
                yield f"served whole to {actor}, who did not have it whole"

    def _meant(self, fate: Fate, gesture: str | None) -> list[tuple[str, str]]:
        what = _GESTURES.get(gesture or "")
        if what is None:
            return [(one, fate.case_id) for one in _BY_STATUS]
        if what is What.ANSWERED:
            return [(what, self._cases[fate.case_id].number)]
        return [(what, fate.delivery_id if what is What.DISMISSED else fate.archive)]

    def _heard(self, one: Said) -> Iterator[str]:
        """Whether the gateway counts what a client says that it did."""
        if one.what in _ACKNOWLEDGING:
            fate = self._fates.get(one.about) if one.what is What.DISMISSED else self._archives.get(one.about)
            if fate is None:
                yield "the journal knows no such delivery"
            elif not fate.acknowledgements and fate.left is None:
                yield "was taken, and did not count"
        elif one.what is What.ANSWERED:
            case = self._numbers.get(one.about)
            if not any(fate.acknowledgements for fate in self._of_case.get(case or "", ())):
                yield "was taken, and no delivery counts as answered"
        elif one.what is What.FETCHED:
            yield from self._served(one)

    def _served(self, one: Said) -> Iterator[str]:
        of_archive = [self._archives[one.about]] if one.about in self._archives else []
        found = of_archive if one.door == "SFTP" else self._of_case.get(one.about, [])
        if not any((one.door, one.actor) in fate.served or not _open_at(fate, one) for fate in found):
            yield "was read whole, and the journal does not say so"

    def _ends(self) -> Iterator[str]:
        """Final statuses, as their subscriber gave them last: where the case is, and what the depositor heard."""
        last: dict[str, Said] = {}
        for one in self._said:
            if one.what in (What.ANSWERED, *_BY_STATUS):
                case = self._numbers.get(one.about, one.about)
                last[case] = one if case not in last or one.at >= last[case].at else last[case]
        heard, reopened = self._depositor.statuses, self._depositor.reopened
        for case, one in last.items():
            if one.status not in FINAL or (case in reopened and reopened[case] >= one.at):
                continue
            if self._statuses.get(case) != one.status:
                yield f"case {case}: its subscriber said {one.status}, and it is {self._statuses.get(case)}"
            if one.what is not What.STATUS and one.status not in heard.get(case, ()):
                yield f"case {case}: its subscriber said {one.status}, and its depositor never heard of it"

    def count(self, sheet: Sheet) -> None:
        """Adds to the sums."""
        gateway, clients = sheet.gateway, sheet.clients
        gateway["deposited"] += len(self._of_case)
        gateway["deliveries"] += len(self._fates)
        for fate in self._fates.values():
            gateway[f"state {fate.state}"] += 1
            gateway["fetched whole"] += bool(fate.served)
            gateway["acknowledged"] += bool(fate.acknowledgements)
            gateway["through more than one door or account"] += len(fate.served) > 1
            gateway["counted twice"] += len(fate.acknowledgements) > 1
            gateway["lost"] += fate.open != (fate.delivery_id in self._kept)
        gateway["answered"] += sum(status in FINAL for status in self._statuses.values())
        for one in self._subscriber.ledger.lines:
            clients[f"{one.what}, {'taken' if one.taken else 'refused'}"] += 1
            clients["real doors"] += self._subscriber.real
        clients["polls"] += sum(one.polls for pollers in self._subscriber.software.values() for one in pollers)

    @staticmethod
    def _key(one: Said) -> tuple[str, str, str, str]:
        return one.door, one.actor, one.what, one.about


def _open_at(fate: Fate, one: Said) -> bool:
    """Whether it was open for certain when a client did something: later steps decide nothing about earlier ones."""
    return all(made.at > one.at for made in fate.acknowledgements) and fate.left is None and fate.published_at <= one.at


async def _told(
    office: Office, subscription: str, cases: Sequence[Deposited]
) -> tuple[dict[str, Fate], set[str], dict[str, str]]:
    fates, after = Fates(), 0
    while lines := await office.store.read(partial(_lines, subscription, after)):
        for line in lines:
            fates.tell(line)
        after = lines[-1].seq
    kept = await office.store.read(lambda tx: set(tx.deliveries.open_ids(subscription)))
    statuses = await office.store.read(partial(_status, [one.case for one in cases]))
    return fates.found, kept, statuses


def _lines(subscription: str, after: int, tx: Transaction) -> list[Line]:
    return tx.journal.of_subscription(subscription, after, _PAGE)


def _status(cases: Sequence[str], tx: Transaction) -> dict[str, str]:
    found = {case: tx.cases.get(case) for case in cases}
    return {case: str(held[0].status) for case, held in found.items() if held is not None}


async def _certified(office: Office, moved: Sequence[str], sheet: Sheet) -> list[str]:
    """One certificate of all switches, made and checked as anybody would."""
    if not moved:
        return []
    caller, signer = gateway_caller(office, "simulation"), office.signer
    assert signer is not None, "the office has a key"
    asked = [Asked(one, 2) for one in moved]
    about = {"simulation": len(moved)}
    lines = [line async for line in certificate(office, caller, asked, about, sheet.certificate)]
    said = list(read(lines, partial(verifies, signer.public_key)))
    faults = [f"certificate: line {one.line} {one.reason}" for one in said if isinstance(one, Wrong)]
    found = sheet.certificate
    faults += [f"certificate: delivery {one} lost" for one in found.lost]
    faults += [f"certificate: delivery {one} counted twice" for one in found.counted_twice]
    return faults + ([] if found.clean else [f"certificate: not clean, {found.disagreements} disagreements"])
