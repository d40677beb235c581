"""Who is connected to a door, counted over all workers of a gateway in memory that they share.

Each worker writes its own part and reads those of the others, without a lock: one that is stopped holds up nobody. Who
comes is written down first and counted then, so together they never let in more than they may; at the very edge, two
that come at once may both be turned away. What a worker that was killed has written is struck by its supervisor.
"""

from __future__ import annotations

import heapq
import mmap
import os
import struct
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

_NUMBER: Final = struct.Struct("@Q")  # native: one that is read while it is written is the old or the new one
_MARK: Final = _NUMBER.size
_NOTHING: Final = bytes(_MARK)


@dataclass(frozen=True, slots=True)
class Register:
    """A file that workers share: for each of them (`workers`, counted from 1) so many `seats`.

    On a seat stand `kinds` names, an address and an account for example; any of them may be missing.
    """

    file: Path
    workers: int
    seats: int
    kinds: int

    @property
    def part(self) -> int:
        """Bytes of one worker's part: how far its seats are used, how many names of each kind, and the names."""
        return _MARK * (1 + self.kinds + self.kinds * self.seats)

    def make(self) -> None:
        """Makes the file, with nobody in it. Raises OSError."""
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.truncate(descriptor, self.part * self.workers)
        finally:
            os.close(descriptor)

    def strike(self, worker: int) -> None:
        """Strikes whoever was with a worker that has ended. Raises OSError."""
        with self.file.open("r+b") as file:
            file.seek(self.part * (worker - 1))
            file.write(bytes(self.part))


class Attendance:
    """One worker's hand in a register; without one (`alone`) it counts for itself."""

    def __init__(self, register: Register, worker: int) -> None:
        """Raises OSError when there is no such file."""
        with register.file.open("r+b") as file:
            self._open(register, worker, mmap.mmap(file.fileno(), register.part * register.workers))
        self._memory[self._own : self._own + register.part] = bytes(register.part)

    @classmethod
    def alone(cls, seats: int, kinds: int) -> Attendance:
        """For a process that has no others beside it."""
        found = cls.__new__(cls)
        register = Register(Path(), 1, seats, kinds)
        found._open(register, 1, mmap.mmap(-1, register.part))
        return found

    def _open(self, register: Register, worker: int, memory: mmap.mmap) -> None:
        self._register = register
        self._memory = memory
        self._own = register.part * (worker - 1)
        self._parts = range(0, register.part * register.workers, register.part)
        self._left: list[int] = []  # seats that were used and are free again
        self._used = 0

    def sit(self) -> int | None:
        """Takes a free seat of this worker; None when there is none."""
        if self._left:
            return heapq.heappop(self._left)
        if self._used == self._register.seats:
            return None
        self._used += 1
        self._write(self._own, self._used)
        return self._used - 1

    def leave(self, seat: int) -> None:
        """Frees a seat, and the names on it."""
        for kind in range(self._register.kinds):
            self.write(seat, kind, None)
        heapq.heappush(self._left, seat)

    def write(self, seat: int, kind: int, name: str | None) -> None:
        """Puts the name of that kind on a seat of this worker, or takes it away."""
        start = self._column(self._own, kind) + _MARK * seat
        before, after = self._memory[start : start + _MARK] != _NOTHING, name is not None
        self._memory[start : start + _MARK] = _NOTHING if name is None else _mark(name)
        total = self._own + _MARK * (1 + kind)
        self._write(total, self._read(total) + after - before)

    def total(self, kind: int) -> int:
        """On how many seats of all workers a name of that kind stands."""
        return sum(self._read(part + _MARK * (1 + kind)) for part in self._parts)

    def count(self, kind: int, name: str) -> int:
        """On how many seats of all workers that name stands."""
        mark, found = _mark(name), 0
        for part in self._parts:
            start = self._column(part, kind)
            used = min(self._read(part), self._register.seats)
            found += self._memory[start : start + _MARK * used].count(mark)
        return found

    def close(self) -> None:
        """Lets go of the memory."""
        self._memory.close()

    def _column(self, part: int, kind: int) -> int:
        return part + _MARK * (1 + self._register.kinds + kind * self._register.seats)

    def _read(self, place: int) -> int:
        return int(_NUMBER.unpack_from(self._memory, place)[0])

    def _write(self, place: int, number: int) -> None:
        _NUMBER.pack_into(self._memory, place, number)


def _mark(name: str) -> bytes:
    """What stands for a name: short, and found nowhere but where it was put."""
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_MARK).digest()
