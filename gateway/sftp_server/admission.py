"""Who may still connect: limits on connections, by address and by account, and on those that have not logged in yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.services.attendance import Attendance

_ADDRESS, _HALF_OPEN, _ACCOUNT = range(3)
KINDS: Final = 3
"""Names on a seat of the register that workers share."""

_FEWEST_HALF_OPEN: Final = 50


@dataclass(frozen=True, slots=True)
class Limits:
    """What the door lets in, all workers of a gateway together.

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
    """Counts connections, over all workers where `attendance` says so. All of them count against `max_sessions`."""

    def __init__(self, max_sessions: int, limits: Limits | None = None, attendance: Attendance | None = None) -> None:
        self.limits = limits or Limits()
        self._most = max_sessions
        self._most_half_open = self.limits.half_open or max(_FEWEST_HALF_OPEN, max_sessions // 4)
        self._attendance = attendance or Attendance.alone(max_sessions, KINDS)
        self._seats: dict[tuple[str, str | None], list[int]] = {}

    def enter(self, address: str) -> str | None:
        """Counts a new connection from that address in; or tells why not, in a word."""
        found = self._attendance
        seat = found.sit()
        if seat is None:
            return "sessions"
        found.write(seat, _ADDRESS, address)
        found.write(seat, _HALF_OPEN, address)
        reason = self._too_many(address)
        if reason is None:
            self._put(address, None, seat)
        else:
            found.leave(seat)
        return reason

    def log_in(self, address: str, account: str) -> bool:
        """The connection is no longer half open, but that account's; False when it has too many."""
        found, seat = self._attendance, self._take(address, None)
        found.write(seat, _ACCOUNT, account)
        if found.count(_ACCOUNT, account) > self.limits.per_account:
            found.write(seat, _ACCOUNT, None)
            self._put(address, None, seat)
            return False
        found.write(seat, _HALF_OPEN, None)
        self._put(address, account, seat)
        return True

    def leave(self, address: str, account: str | None) -> None:
        """Counts a connection out that had been let in; `account` None: it had not logged in."""
        self._attendance.leave(self._take(address, account))

    def _too_many(self, address: str) -> str | None:
        found, waiting = self._attendance, self._most_half_open
        if found.total(_ADDRESS) > self._most:
            return "sessions"
        if found.total(_HALF_OPEN) > waiting or found.count(_HALF_OPEN, address) > max(1, waiting // 2):
            return "half-open"
        return "address-connections" if found.count(_ADDRESS, address) > self.limits.per_address else None

    def _put(self, address: str, account: str | None, seat: int) -> None:
        self._seats.setdefault((address, account), []).append(seat)

    def _take(self, address: str, account: str | None) -> int:
        """One of the seats of that address and account: which one makes no difference."""
        seats = self._seats[address, account]
        seat = seats.pop()
        if not seats:
            del self._seats[address, account]
        return seat
