from __future__ import annotations

from datetime import timedelta

from gateway.app.respawn import ATTEMPTS, SETTLED, Respawn


def seconds(*waits: timedelta | None) -> list[float | None]:
    return [None if wait is None else wait.total_seconds() for wait in waits]


def test_who_served_for_long_is_replaced_at_once() -> None:
    respawn = Respawn()
    assert seconds(*(respawn.ended(SETTLED) for _ in range(20))) == [0] * 20


def test_who_ends_soon_again_and_again_is_replaced_ever_later_but_always() -> None:
    respawn = Respawn()
    brief = timedelta(seconds=1)
    assert seconds(*(respawn.ended(brief) for _ in range(8))) == [0, 0.5, 1, 2, 4, 8, 8, 8]
    assert seconds(*(respawn.ended(brief) for _ in range(1000))) == [8] * 1000
    assert seconds(respawn.ended(SETTLED), respawn.ended(brief), respawn.ended(brief)) == [0, 0, 0.5]


def test_after_so_many_failed_starts_in_a_row_it_is_given_up() -> None:
    respawn = Respawn()
    waits = [respawn.ended(None) for _ in range(ATTEMPTS)]
    assert None not in waits[:-1]
    assert waits[-1] is None


def test_a_start_that_succeeds_begins_the_count_anew() -> None:
    respawn = Respawn()
    for _ in range(ATTEMPTS - 1):
        respawn.ended(None)
    assert respawn.ended(timedelta(seconds=1)) is not None
    assert None not in [respawn.ended(None) for _ in range(ATTEMPTS - 1)]
    assert respawn.ended(None) is None
