from __future__ import annotations

from gateway.sftp_server.admission import Admission


def test_no_more_than_the_most_are_let_in() -> None:
    admission = Admission(3)
    for address in "abc":
        assert admission.enter(address)
        admission.logged_in(address)
    assert not admission.enter("d")
    admission.leave("a", logged_in=True)
    assert admission.enter("d")
    assert not admission.enter("e")


def test_connections_without_a_login_leave_room_for_others() -> None:
    admission = Admission(1000)
    assert [admission.enter(str(number)) for number in range(251)] == [True] * 250 + [False]
    admission.logged_in("0")
    assert admission.enter("late")
    admission.leave("1", logged_in=False)
    assert admission.enter("later")
    assert not admission.enter("too late")


def test_one_address_takes_half_of_that_room_at_most() -> None:
    admission = Admission(1000)
    assert [admission.enter("one") for _ in range(126)] == [True] * 125 + [False]
    assert admission.enter("other")
    admission.logged_in("one")
    assert admission.enter("one")
