"""One register for several workers, as each of them sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.attendance import Attendance, Register

NAMES = st.sampled_from(["", "192.0.2.1", "rennes", "\udcff"])
Step = tuple[int, bool, str, str]
STEPS = st.lists(st.tuples(st.integers(0, 2), st.booleans(), NAMES, NAMES), max_size=40)


@given(steps=STEPS)
def test_all_see_what_a_list_of_everybody_shows(tmp_path_factory: pytest.TempPathFactory, steps: list[Step]) -> None:
    register = Register(tmp_path_factory.mktemp("register") / "sftp", 3, 4, 2)
    register.make()
    workers = [Attendance(register, number) for number in (1, 2, 3)]
    present: list[dict[int, tuple[str, str]]] = [{}, {}, {}]
    for number, comes, address, account in steps:
        worker, seated = workers[number], present[number]
        if comes:
            seat = worker.sit()
            assert (seat is None) == (len(seated) == 4)
            if seat is not None:
                seated[seat] = (address, account)
                for kind, name in enumerate((address, account)):
                    worker.write(seat, kind, name)
        elif seated:
            seat, _ = seated.popitem()
            worker.leave(seat)
    everybody = [names for seated in present for names in seated.values()]
    for worker in workers:
        for kind in (0, 1):
            assert worker.total(kind) == len(everybody)
            for name in ("", "192.0.2.1", "rennes", "\udcff"):
                assert worker.count(kind, name) == sum(names[kind] == name for names in everybody)
        worker.close()


def test_a_name_taken_away_counts_no_more_and_its_seat_stays() -> None:
    alone = Attendance.alone(1, 2)
    seat = alone.sit()
    assert seat == 0
    alone.write(seat, 0, "a")
    alone.write(seat, 0, "b")
    assert (alone.total(0), alone.count(0, "a"), alone.count(0, "b"), alone.total(1)) == (1, 0, 1, 0)
    alone.write(seat, 0, None)
    assert (alone.total(0), alone.sit()) == (0, None)


def test_a_worker_that_comes_again_finds_nobody_of_before(tmp_path: Path) -> None:
    register = Register(tmp_path / "sftp", 2, 4, 1)
    register.make()
    first, second = Attendance(register, 1), Attendance(register, 2)
    for each in (first, second):
        seat = each.sit()
        assert seat is not None
        each.write(seat, 0, "a")
    assert first.count(0, "a") == 2
    register.strike(2)
    assert (first.count(0, "a"), first.total(0)) == (1, 1)
    Attendance(register, 1)
    assert second.total(0) == 0


def test_a_register_is_made_once(tmp_path: Path) -> None:
    register = Register(tmp_path / "sftp", 1, 1, 1)
    with pytest.raises(FileNotFoundError):
        Attendance(register, 1)
    register.make()
    assert register.file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        register.make()
