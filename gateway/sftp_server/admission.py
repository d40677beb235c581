"""Who may still connect: limits on open sessions and on connections that have not logged in yet."""

from __future__ import annotations

from collections import Counter
from typing import Final

_FEWEST_HALF_OPEN: Final = 50


class Admission:
    """Counts connections. All of them together count against `max_sessions`.

    Connections without a login may take a quarter of the places (at least 50), and one address half of that quarter, so
    that nobody keeps subscribers out by connecting and saying nothing.
    """

    def __init__(self, max_sessions: int) -> None:
        self._most = max_sessions
        self._most_half_open = max(_FEWEST_HALF_OPEN, max_sessions // 4)
        self._open = 0
        self._half_open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Counts a new connection from that address in, or says no."""
        waiting = self._half_open
        if (
            self._open >= self._most
            or waiting.total() >= self._most_half_open
            or waiting[address] >= self._most_half_open // 2
        ):
            return False
        self._open += 1
        waiting[address] += 1
        return True

    def logged_in(self, address: str) -> None:
        """The connection is no longer half open."""
        self._half_open[address] -= 1
        if self._half_open[address] <= 0:
            del self._half_open[address]

    def leave(self, address: str, *, logged_in: bool) -> None:
        """Counts a connection out that had been let in."""
        self._open -= 1
        if not logged_in:
            self.logged_in(address)
