"""What became of deliveries, told by the journal alone (delivery rules, States of a delivery)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.domain.journal import Entry, Line

_ACKNOWLEDGED: Final = {Entry.DELIVERY_ACCEPTED: "ACCEPTED", Entry.DELIVERY_REJECTED: "REJECTED"}
_SERVED: Final = (Entry.DELIVERY_FETCHED, Entry.DELIVERY_SERVED, Entry.DELIVERY_PUSHED)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One acknowledgement that counted: the journal's line, and who made it through which door under which epoch."""

    seq: int
    at: datetime
    state: str
    door: str
    actor: str
    epoch: int | None
    gesture: str | None


@dataclass(slots=True)
class Fate:
    """One delivery from its publication on, or from its coming with the cases of another organization.

    `served`: (door, actor) that it was served to whole, in their order. `digest` vouches for what it holds. `left`: the
    rule by which it left its inbox without being acknowledged, and the line that says so: EXPIRED, WITHDRAWN, or MOVED
    to the subscription of another organization. `ended_seq`: the line since which it waits no more; of one that was
    acknowledged late, that of its expiry.
    """

    delivery_id: str
    case_id: str
    archive: str
    digest: str | None
    published_seq: int
    published_at: datetime
    acknowledgements: list[Acknowledgement] = field(default_factory=list)
    served: list[tuple[str, str]] = field(default_factory=list)
    left: tuple[str, int] | None = None
    ended_seq: int | None = None

    @property
    def open(self) -> bool:
        """Whether it still waits for its recipient."""
        return not self.acknowledgements and self.left is None

    @property
    def state(self) -> str:
        """OPEN, what the acknowledgement that counted made of it, or the rule by which it left."""
        if self.acknowledgements:
            return self.acknowledgements[0].state
        return "OPEN" if self.left is None else self.left[0]

    @property
    def served_doors(self) -> set[str]:
        """The doors through which it was served whole."""
        return {door for door, _ in self.served}

    def open_at(self, seq: int) -> bool:
        """Whether it waited for its recipient just before the line of that number."""
        return self.published_seq < seq and (self.ended_seq is None or self.ended_seq >= seq)


class Fates:
    """What the lines about one subscription, in the order of their numbers, tell of its deliveries.

    With `since`, the number of a line, only of those that were open just before it or came later; of the others no more
    is kept than that they were acknowledged, so that one who acknowledges such a one again is found out.
    """

    def __init__(self, since: int = 0) -> None:
        self._since = since
        self._done: dict[str, Fate] = {}
        self.found: dict[str, Fate] = {}

    def tell(self, line: Line) -> None:
        """Takes the next line."""
        detail = line.detail or {}
        arrived = line.entry == Entry.DELIVERY_MOVED and "from" in detail
        if (line.entry == Entry.DELIVERY_PUBLISHED or arrived) and line.delivery_id and line.case_id:
            name = str(detail.get("archive", ""))
            self.found[line.delivery_id] = Fate(line.delivery_id, line.case_id, name, line.digest, line.seq, line.at)
            return
        fate = self.found.get(line.delivery_id or "")
        if fate is None:
            fate = self._done.get(line.delivery_id or "")
            if fate is None or line.entry not in _ACKNOWLEDGED:
                return
            self.found[fate.delivery_id] = self._done.pop(fate.delivery_id)
        _tell(fate, line)
        if line.seq < self._since and not fate.open:
            self._done[fate.delivery_id] = self.found.pop(fate.delivery_id)


def _tell(fate: Fate, line: Line) -> None:
    detail = line.detail or {}
    if line.entry in _SERVED and (line.door, line.actor) not in fate.served:
        fate.served.append((line.door, line.actor))
    elif line.entry in _ACKNOWLEDGED:
        state = _ACKNOWLEDGED[Entry(line.entry)]
        made = Acknowledgement(line.seq, line.at, state, line.door, line.actor, line.epoch, detail.get("gesture"))
        fate.acknowledgements.append(made)
        fate.left = None  # a late acknowledgement takes the place of an expiry
        if detail.get("gesture") == "read" and (line.door, line.actor) not in fate.served:
            fate.served.append((line.door, line.actor))
    elif line.entry == Entry.DELIVERY_EXPIRED:
        fate.left = ("EXPIRED", line.seq)
    elif line.entry == Entry.DELIVERY_WITHDRAWN:
        fate.left = ("WITHDRAWN", line.seq)
    elif line.entry == Entry.DELIVERY_MOVED:
        fate.left = ("MOVED", line.seq)
    if not fate.open and fate.ended_seq is None:
        fate.ended_seq = line.seq
