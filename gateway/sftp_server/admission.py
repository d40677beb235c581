"""Who may still connect: limits on connections, by address and by account, and on those that have not logged in yet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

_FEWEST_HALF_OPEN: Final = 50


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process lets in.

    `half_open`: connections without a login, 0 for a quarter of all and 50 at least; one address may have half of them.
    `per_address`, `per_account`: connections, an address being often that of a whole town. `channels` of a connection.
    `passwords`, `keys` and `names`: attempts to log in on one connection; an agent offers all the keys that it has.
    """

    half_open: int = 0
    per_address: int = 400
    per_account: int = 50
    channels: int = 8
    passwords: int = 3
    keys: int = 12
    names: int = 3


class Admission:
    """Counts connections. All of them together count against `max_sessions`."""

    def __init__(self, max_sessions: int, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._most = max_sessions
        self._most_half_open = self.limits.half_open or max(_FEWEST_HALF_OPEN, max_sessions // 4)
        self._open: Counter[str] = Counter()
        self._half_open: Counter[str] = Counter()
        self._accounts: Counter[str] = Counter()

    def enter(self, address: str) -> str | None:
        """Counts a new connection from that address in; or tells why not, in a word."""
        waiting = self._half_open
        if self._open.total() >= self._most:
            return "sessions"
        if waiting.total() >= self._most_half_open or waiting[address] >= max(1, self._most_half_open // 2):
            return "half-open"
        if self._open[address] >= self.limits.per_address:
            return "address-connections"
        self._open[address] += 1
        waiting[address] += 1
        return None

    def log_in(self, address: str, account: str) -> bool:
        """The connection is no longer half open, but that account's; False when it has too many."""
        if self._accounts[account] >= self.limits.per_account:
            return False
        self._accounts[account] += 1
        _drop(self._half_open, address)
        return True

    def leave(self, address: str, account: str | None) -> None:
        """Counts a connection out that had been let in; `account` None: it had not logged in."""
        _drop(self._open, address)
        if account is None:
            _drop(self._half_open, address)
        else:
            _drop(self._accounts, account)


def _drop(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]
