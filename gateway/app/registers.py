"""Who is connected to both doors of a gateway with several workers: a register for each door, shared by all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.api import connections
from gateway.config import Settings
from gateway.services.attendance import Attendance, Register
from gateway.sftp_server import admission


@dataclass(frozen=True, slots=True)
class Hands:
    """One worker's hand in each register."""

    http: Attendance
    sftp: Attendance


@dataclass(frozen=True, slots=True)
class Registers:
    """The registers of both doors."""

    http: Register
    sftp: Register

    @classmethod
    def make(cls, directory: Path, settings: Settings, workers: int) -> Registers:
        """Makes them in a directory that the workers share. Raises OSError."""
        made = cls(
            Register(directory / "http.register", workers, settings.http.max_connections, connections.KINDS),
            Register(directory / "sftp.register", workers, settings.sftp.max_sessions, admission.KINDS),
        )
        made.http.make()
        made.sftp.make()
        return made

    def strike(self, worker: int) -> None:
        """Strikes whoever was connected to a worker that has ended."""
        self.http.strike(worker)
        self.sftp.strike(worker)

    def hands(self, worker: int) -> Hands:
        """For that worker, which begins with nobody. Raises OSError."""
        return Hands(Attendance(self.http, worker), Attendance(self.sftp, worker))
