from __future__ import annotations

from pathlib import Path

from gateway.app.registers import Registers
from gateway.config import Settings
from gateway.config.settings import Http, Sftp


def test_each_worker_has_a_hand_in_both(tmp_path: Path) -> None:
    settings = Settings(http=Http(max_connections=5), sftp=Sftp(max_sessions=7))
    registers = Registers.make(tmp_path, settings, 2)
    assert (registers.http.seats, registers.sftp.seats) == (5, 7)
    one, two = registers.hands(1), registers.hands(2)
    for hand in (one.http, one.sftp):
        seat = hand.sit()
        assert seat is not None
        hand.write(seat, 0, "a")
    assert (two.http.total(0), two.sftp.total(0)) == (1, 1)
    registers.strike(1)
    assert (two.http.total(0), two.sftp.total(0)) == (0, 0)
