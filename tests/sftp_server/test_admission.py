from __future__ import annotations

from pathlib import Path

from gateway.services.attendance import Attendance, Register
from gateway.sftp_server.admission import KINDS, Admission, Limits


def test_no_more_than_the_most_are_let_in() -> None:
    admission = Admission(3)
    for address in "abc":
        assert admission.enter(address) is None
        assert admission.log_in(address, address)
    assert admission.enter("d") == "sessions"
    admission.leave("a", "a")
    assert admission.enter("d") is None
    assert admission.enter("e") == "sessions"


def test_connections_without_a_login_leave_room_for_others() -> None:
    admission = Admission(1000)
    assert [admission.enter(str(number)) for number in range(251)] == [None] * 250 + ["half-open"]
    assert admission.log_in("0", "rennes")
    assert admission.enter("late") is None
    admission.leave("1", None)
    assert admission.enter("later") is None
    assert admission.enter("too late") == "half-open"


def test_one_address_takes_half_of_that_room_at_most() -> None:
    admission = Admission(1000)
    assert [admission.enter("one") for _ in range(126)] == [None] * 125 + ["half-open"]
    assert admission.enter("other") is None
    assert admission.log_in("one", "rennes")
    assert admission.enter("one") is None


def test_that_room_may_be_set() -> None:
    admission = Admission(1000, Limits(half_open=2))
    assert [admission.enter(address) for address in "aabc"] == [None, "half-open", None, "half-open"]


def test_an_address_has_its_share() -> None:
    admission = Admission(1000, Limits(per_address=2))
    for account in ("rennes", "brest"):
        assert admission.enter("one") is None
        assert admission.log_in("one", account)
    assert admission.enter("one") == "address-connections"
    assert admission.enter("other") is None
    admission.leave("one", "rennes")
    assert admission.enter("one") is None


def test_an_account_has_its_share_wherever_it_is() -> None:
    admission = Admission(1000, Limits(per_account=2))
    for address in "abc":
        assert admission.enter(address) is None
    assert [admission.log_in(address, "rennes") for address in "abc"] == [True, True, False]
    assert admission.log_in("c", "brest")
    admission.leave("a", "rennes")
    assert admission.enter("d") is None
    assert admission.log_in("d", "rennes")


def test_nothing_is_kept_of_who_is_gone() -> None:
    admission = Admission(10, Limits(per_account=1))
    for address in "ab":
        admission.enter(address)
    assert admission.log_in("a", "rennes")
    assert not admission.log_in("b", "rennes")
    admission.leave("a", "rennes")
    admission.leave("b", None)
    assert not admission._seats
    assert not any(admission._attendance.total(kind) for kind in range(KINDS))


def test_workers_count_together_and_what_a_killed_one_held_is_free(tmp_path: Path) -> None:
    register = Register(tmp_path / "sftp", 2, 10, KINDS)
    register.make()
    one, two = (Admission(10, Limits(3, 4, 2), Attendance(register, number)) for number in (1, 2))
    assert [one.enter("a"), two.enter("a"), two.enter("b")] == [None, "half-open", None]
    assert [one.enter("c"), two.enter("d"), one.enter("d")] == [None, "half-open", "half-open"]
    assert one.log_in("a", "rennes")
    assert two.log_in("b", "rennes")
    assert not one.log_in("c", "rennes")
    register.strike(2)
    assert one.log_in("c", "rennes")
    again = Admission(10, Limits(3, 2, 9), Attendance(register, 2))
    assert again.enter("c") is None
    assert again.log_in("c", "brest")
    assert again.enter("c") == "address-connections"


def test_the_most_hold_for_all_workers_together(tmp_path: Path) -> None:
    register = Register(tmp_path / "sftp", 2, 3, KINDS)
    register.make()
    one, two = (Admission(3, Limits(half_open=9), Attendance(register, number)) for number in (1, 2))
    assert [each.enter(address) for each, address in zip((one, two, one, two), "abcd", strict=True)] == [
        *(None, None, None),
        "sessions",
    ]
