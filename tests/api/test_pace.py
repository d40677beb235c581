"""How fast bodies must come in."""

from gateway.api.pace import Pace


def test_a_client_that_keeps_up_goes_on() -> None:
    pace = Pace(least=100, window=10)
    assert all(pace.kept(1, 100) for _ in range(50))


def test_a_client_that_drips_is_found_out_after_a_window() -> None:
    pace = Pace(least=100, window=10)
    assert [pace.kept(1, 1) for _ in range(10)] == [True] * 9 + [False]


def test_each_window_is_judged_for_itself() -> None:
    pace = Pace(least=100, window=10)
    assert pace.kept(10, 1_000_000)
    assert not pace.kept(10, 999)
