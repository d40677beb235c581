"""The balance sheet: what the journal, the store and the certificate say, beside the ledgers of the virtual clients."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gateway.domain.certificates import Wrong, read
from gateway.domain.fates import Fate, Fates
from gateway.domain.journal import Line
from gateway.services.certify import Asked, Balance, certificate
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction
from gateway.services.rehearsals import compare
from gateway.store.signing import verifies
from tools.simulate.comparison import Comparison
from tools.simulate.depositor import Depositor
from tools.simulate.ledger import Deposited, What
from tools.simulate.rehearsed import disagreements
from tools.simulate.subscribers import Operator, Subscriber

_PAGE: Final = 5000


@dataclass
class Sheet:
    """Sums, and every disagreement in words, with its delivery."""

    gateway: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    certificate: Balance = field(default_factory=Balance)
    disagreements: list[str] = field(default_factory=list)


async def balance(
    office: Office,
    subscribers: Sequence[Subscriber],
    operators: Sequence[Operator],
    depositor: Depositor,
    moved: Sequence[str],
) -> Sheet:
    """Compares everything."""
    sheet = Sheet()
    cases: dict[str, list[Deposited]] = defaultdict(list)
    archives: set[str] = set()
    for one in depositor.ledger.cases.values():
        cases[one.subscription].append(one)
    for subscriber in subscribers:
        fates, kept, statuses = await _told(office, subscriber.subscription, cases[subscriber.subscription])
        comparison = Comparison(subscriber, fates, kept, statuses, cases[subscriber.subscription], depositor.ledger)
        sheet.disagreements += comparison.faults()
        comparison.count(sheet.gateway, sheet.clients)
        archives |= {fate.archive for fate in fates.values()}
        for run in subscriber.runs:
            if run.ended is not None:
                result = await compare(office, gateway_caller(office, "simulation"), run.id)
                sheet.disagreements += disagreements(comparison, run, result)
                for likeness, count in result.totals.items():
                    sheet.gateway[f"dual run {likeness}"] += count
    for operator in operators:
        sheet.disagreements += shared_faults(operator, archives)
        for line in operator.ledger.lines:
            sheet.clients[f"{line.what}, {'taken' if line.taken else 'refused'}"] += 1
            sheet.clients["real doors"] += operator.real
    pollers = {id(one): one for each in subscribers for software in each.software.values() for one in software}
    sheet.clients["polls"] = sum(one.polls for one in pollers.values())
    sheet.clients["deposited"] = len(depositor.ledger.cases)
    sheet.disagreements += await _certified(office, moved, sheet)
    return sheet


def shared_faults(operator: Operator, archives: Set[str]) -> Iterator[str]:
    """What is wrong with an operator's ledger beside what `Comparison` finds about each of its organizations."""
    yield from operator.ledger.faults
    for one in operator.ledger.lines:
        if one.taken and one.what is What.ANSWERED and operator.ambiguous(one.about):
            yield f"{one.actor} answered {one.about}, of which it has two cases, and it was taken"
        if one.taken and one.what is not What.ANSWERED and one.about not in archives:
            yield f"{one.actor} {one.what} {one.about}: the journal knows no such delivery"


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
