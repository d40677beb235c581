"""How many connections the REST door holds, of all and of one address, over all workers of a gateway."""

from __future__ import annotations

from typing import Final

from gateway.services.attendance import Attendance
from gateway.services.penalties import counts_at_rest_door

KINDS: Final = 2
"""Names on a seat of the register that workers share."""
_ANY, _ADDRESS = range(KINDS)


class Connections:
    """Counts them. A private address is a proxy's, through which everybody comes: it has no limit of its own."""

    def __init__(self, most: int, per_address: int, attendance: Attendance | None = None) -> None:
        self._most = most
        self._per_address = per_address
        self._attendance = attendance or Attendance.alone(most, KINDS)

    def enter(self, address: str) -> int | str:
        """Counts a new connection in: its seat, for `leave`; or why it is not let in, in a word."""
        found = self._attendance
        seat = found.sit()
        if seat is None:
            return "connections"
        counted = counts_at_rest_door(address)
        found.write(seat, _ANY, "")
        if counted:
            found.write(seat, _ADDRESS, address)
        if found.total(_ANY) > self._most:
            reason = "connections"
        elif counted and found.count(_ADDRESS, address) > self._per_address:
            reason = "address-connections"
        else:
            return seat
        found.leave(seat)
        return reason

    def leave(self, seat: int) -> None:
        """Counts one out that was let in."""
        self._attendance.leave(seat)
