"""Certificates of switches: what became of every delivery, from the journal, compared with what is kept now.

Lost would be a delivery that the journal says is open and that is in no inbox, or the reverse; counted twice one with
more than one acknowledgement that counted. Both are to be none (delivery rules, What else must hold).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from gateway.domain.certificates import BALANCE, HEAD, VERSION, Signing, written
from gateway.domain.deliveries import owner
from gateway.domain.errors import ConflictError, NotFoundError
from gateway.domain.fates import Fate, Fates
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry, Line
from gateway.domain.moves import Row
from gateway.services.access import operators_alone
from gateway.services.move_steps import existing
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.sealing import seal_new

_PAGE: Final = 5000


@dataclass(frozen=True, slots=True)
class Asked:
    """One subscription of a certificate: from the switch that began `epoch` on; None: from its latest switch on."""

    subscription_id: str
    epoch: int | None = None


@dataclass(slots=True)
class Balance:
    """The sum of a certificate."""

    subscriptions: int = 0
    deliveries: int = 0
    open_before: int = 0
    states: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    counted_twice: list[str] = field(default_factory=list)
    served_twice: list[str] = field(default_factory=list)
    disagreements: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, nothing counted twice, and every switch found open what the journal says."""
        return not (self.lost or self.counted_twice or self.disagreements)

    def shown(self) -> dict[str, Any]:
        """As the last line of the certificate says it."""
        return {
            "subscriptions": self.subscriptions,
            "deliveries": self.deliveries,
            "openBefore": self.open_before,
            "states": self.states,
            "lost": len(self.lost),
            "lostDeliveries": self.lost,
            "countedTwice": len(self.counted_twice),
            "countedTwiceDeliveries": self.counted_twice,
            "servedThroughMoreThanOneDoorOrAccount": self.served_twice,
            "disagreements": self.disagreements,
        }


async def of_move(office: Office, caller: Caller, name: str) -> list[Asked]:
    """What a certificate of a move is about: every subscription that it switched, from that switch on.

    For ADMIN. Raises ForbiddenError, NotFoundError, and ConflictError when it has switched nothing.
    """
    operators_alone(caller)
    asked: list[Asked] = []
    after = 0
    while page := await office.store.read(partial(_rows, name, after)):
        asked += [Asked(row.subscription_id, row.epoch) for row in page if row.epoch is not None]
        after = page[-1].position
    if not asked:
        raise ConflictError(f"The move {name} has switched nothing: there is nothing to certify")
    return asked


async def certificate(
    office: Office, caller: Caller, asked: Sequence[Asked], about: Mapping[str, Any], balance: Balance
) -> AsyncIterator[str]:
    """The lines of a certificate of these subscriptions; `balance` is filled meanwhile.

    The journal is sealed first, and the certificate names the seal that it rests on. For ADMIN. Raises ForbiddenError,
    NotFoundError for an unknown subscription, and ConflictError for one that was not switched so.
    """
    operators_alone(caller)
    signer = office.signer
    assert signer is not None, "an office that certifies has a key"
    await seal_new(office)
    seal = await office.store.read(lambda tx: tx.seals.last())
    said: list[Mapping[str, Any]] = [
        {
            HEAD: {
                "version": VERSION,
                "about": about,
                "gateway": office.gateway,
                "keyId": signer.key_id,
                "madeAt": office.clock(),
                "journal": None if seal is None else {"line": seal.last, "seal": seal.digest.hex()},
            }
        }
    ]
    lines = _Lines(signer.sign)
    yield lines.next(said[0])
    for one in asked:
        for statement in await _subscription(office, one, balance):
            yield lines.next(statement)
    yield lines.next({BALANCE: balance.shown()})


def _rows(name: str, after: int, tx: Transaction) -> list[Row]:
    return tx.move_rows.page(existing(tx.moves.named(name)).id, after, _PAGE)


class _Lines:
    """Writes line after line, since what is said comes from the store bit by bit."""

    def __init__(self, sign: Signing) -> None:
        self._queue: list[Mapping[str, Any]] = []
        self._lines = written(self._taken(), sign)

    def next(self, said: Mapping[str, Any]) -> str:
        self._queue.append(said)
        return next(self._lines)

    def _taken(self) -> Iterator[Mapping[str, Any]]:
        while self._queue:
            yield self._queue.pop()


async def _subscription(office: Office, asked: Asked, balance: Balance) -> list[Mapping[str, Any]]:
    switches, since = await _switches(office, asked)
    fates, after = Fates(since), 0
    while True:
        page, kept = await office.store.read(partial(_page, asked.subscription_id, after, office.clock()))
        for line in page:
            fates.tell(line)
        if kept is not None:
            break
        after = page[-1].seq
    before = sorted(one.delivery_id for one in fates.found.values() if one.open_at(since))
    agrees = hashlib.sha256("\n".join(before).encode()).hexdigest() == switches[0].digest
    balance.subscriptions += 1
    balance.open_before += len(before)
    balance.disagreements += 0 if agrees else 1
    first = switches[0].detail
    head = {
        "id": asked.subscription_id,
        "subscriber": first["subscriber"],
        "process": first["process"],
        "switches": [_switch_shown(line) for line in switches],
        "openBefore": len(before),
        "openBeforeAgrees": agrees,
    }
    told = [_judged(fate, since, kept, balance) for fate in _in_order(fates)]
    told += [_unknown(one, balance) for one in sorted(set(kept) - set(fates.found))]
    return [{"subscription": head}, *told]


async def _switches(office: Office, asked: Asked) -> tuple[list[Line], int]:
    """The switches from the one asked for on, and the number of its line."""
    found: list[Line] = []
    after = 0

    def page(tx: Transaction) -> list[Line]:
        if tx.subscriptions.get(asked.subscription_id) is None:
            raise NotFoundError("Subscription")
        return tx.journal.of_subscription(asked.subscription_id, after, _PAGE)

    while lines := await office.store.read(page):
        found += [line for line in lines if line.entry == Entry.SUBSCRIPTION_SWITCHED]
        after = lines[-1].seq
    wanted = asked.epoch if asked.epoch is not None or not found else found[-1].epoch
    kept = [line for line in found if line.epoch is not None and wanted is not None and line.epoch >= wanted]
    if not kept or kept[0].epoch != wanted:
        raise ConflictError(
            "The subscription was never switched: there is nothing to certify"
            if not found
            else f"No switch began epoch {wanted}; those of this subscription began {_epochs(found)}"
        )
    return kept, kept[0].seq


def _page(subscription_id: str, after: int, now: datetime, tx: Transaction) -> tuple[list[Line], dict[str, str] | None]:
    """The next lines; with the last of them the deliveries that are open then, and the mode that owns each."""
    lines = tx.journal.of_subscription(subscription_id, after, _PAGE)
    if len(lines) == _PAGE:
        return lines, None
    subscription = tx.subscriptions.get(subscription_id)
    assert subscription is not None, "it was found a moment ago"
    kept = {}
    for identifier in tx.deliveries.open_ids(subscription_id):
        delivery = tx.deliveries.get(identifier)
        assert delivery is not None, "it was listed in the same state"
        kept[identifier] = str(owner(subscription.access_mode, delivery.pinned_mode, delivery.pinned_until, now))
    return lines, kept


def _in_order(fates: Fates) -> list[Fate]:
    return sorted(fates.found.values(), key=lambda fate: fate.published_seq)


def _judged(fate: Fate, since: int, kept: Mapping[str, str], balance: Balance) -> Mapping[str, Any]:
    lost = fate.open != (fate.delivery_id in kept)
    balance.deliveries += 1
    balance.states[fate.state] = balance.states.get(fate.state, 0) + 1
    if lost:
        balance.lost.append(fate.delivery_id)
    if len(fate.acknowledgements) > 1:
        balance.counted_twice.append(fate.delivery_id)
    if len(fate.served) > 1:
        balance.served_twice.append(fate.delivery_id)
    return {
        "delivery": {
            "id": fate.delivery_id,
            "archive": fate.archive,
            "digest": fate.digest,
            "published": {"line": fate.published_seq, "at": fate.published_at},
            "openBefore": fate.open_at(since),
            "state": fate.state,
            "inbox": kept.get(fate.delivery_id),
            "left": None if fate.left is None else {"rule": fate.left[0], "line": fate.left[1]},
            "acknowledgements": [
                {
                    "line": one.seq,
                    "at": one.at,
                    "state": one.state,
                    "door": one.door,
                    "by": one.actor,
                    "epoch": one.epoch,
                    "gesture": one.gesture,
                }
                for one in fate.acknowledgements
            ],
            "servedWhole": [{"door": door, "by": actor} for door, actor in fate.served],
            "lost": lost,
        }
    }


def _unknown(delivery_id: str, balance: Balance) -> Mapping[str, Any]:
    """One that waits in an inbox and of which the journal knows no publication."""
    balance.disagreements += 1
    return {"delivery": {"id": delivery_id, "state": "OPEN", "unknownToTheJournal": True}}


def _switch_shown(line: Line) -> Mapping[str, Any]:
    shown = {name: line.detail[name] for name in ("from", "to", "rule", "open")}
    return {"line": line.seq, "at": line.at, "epoch": line.epoch, "by": line.actor, "digest": line.digest, **shown}


def _epochs(lines: Sequence[Line]) -> str:
    return ", ".join(str(line.epoch) for line in lines)
