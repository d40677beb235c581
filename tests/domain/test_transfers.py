"""What moved, added up."""

from gateway.domain.transfers import Transferred


def test_each_kind_is_added_up_by_itself() -> None:
    assert Transferred(1, 2, 3, 4) + Transferred(10, 20, 30, 40) == Transferred(11, 22, 33, 44)
    assert Transferred() + Transferred(1) == Transferred(1)
