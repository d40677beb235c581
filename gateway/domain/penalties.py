"""How long somebody who keeps failing to log in is kept waiting.

What is counted is an address together with a name, since many offices of one town share an address, and how many names
failed from that address. A name is counted in the same way whether there is such an account or not: otherwise who is
made to wait sooner, or later, would have learnt whether there is.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.authorized_keys import plain_address
from gateway.domain.identity import Door

EVERYBODY: Final = "*"
"""In place of an account: the address itself, for the names that failed from there."""
_MARK: Final = 16  # of 64 bits: no two names are taken for one
_NEIGHBOURS: Final = 64  # bits: whoever has one IPv6 address has all of its network
_DOUBLINGS: Final = 16  # beyond any sensible ceiling


@dataclass(frozen=True, slots=True)
class PenaltyRules:
    """The wait begins with `first` at the failure number `after` and doubles with each further one, up to `ceiling`.

    `names`: so many different names make an address itself wait. Counting starts anew when nothing failed for `forget`.
    """

    after: int = 6
    first: timedelta = timedelta(seconds=30)
    ceiling: timedelta = timedelta(minutes=15)
    forget: timedelta = timedelta(hours=6)
    names: int = 60

    def wait(self, failures: int, name: PenaltyName) -> timedelta | None:
        """How long to wait after that many failures; None: not yet."""
        further = failures - (self.names if name.account == EVERYBODY else self.after)
        if further < 0:
            return None
        doubled: timedelta = self.first * (1 << min(further, _DOUBLINGS))
        return min(self.ceiling, doubled)


@dataclass(frozen=True, slots=True)
class PenaltyName:
    """Who failed: at which door, from where, and as whom."""

    door: Door
    address: str
    account: str

    def __str__(self) -> str:
        return f"{self.door} {self.address} {self.account}"

    @classmethod
    def parse(cls, text: str) -> PenaltyName:
        """Reads what `str` made."""
        door, address, account = text.split(" ", 2)
        return cls(Door(door), address, account)


@dataclass(frozen=True, slots=True)
class Penalty:
    """How it stands with one of them. `blocked_until` None: only counted so far."""

    name: PenaltyName
    failures: int
    blocked_until: datetime | None

    def blocks(self, now: datetime) -> bool:
        """Whether logins are refused now."""
        return self.blocked_until is not None and now < self.blocked_until


def origin(address: str) -> str:
    """What of an address is counted: itself, or the network of 64 bits that an IPv6 address lies in."""
    found = plain_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _NEIGHBOURS), strict=False))
    return str(found) if found else "-"


def stranger(key: bytes, name: str) -> str:
    """What a name that is no account's is counted as: nobody's name is kept. `key` keeps others from making it."""
    return "?" + hmac.new(key, name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_MARK]
