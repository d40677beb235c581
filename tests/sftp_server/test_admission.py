from __future__ import annotations

from gateway.sftp_server.admission import Admission, Limits


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
    assert not any((*admission._open, *admission._half_open, *admission._accounts))
