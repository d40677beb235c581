"""What the bench says of the machine that it ran on."""

from __future__ import annotations

import time

import pytest

from tools.bench.load import Load, Moment, between, meanwhile, moment, warning


def test_others_are_what_the_bench_did_not_use() -> None:
    load = between(Moment(100.0, 50.0, 7.0), Moment(110.0, 62.0, 10.0), 2)
    assert load.others == pytest.approx((12 - 3) / 20)
    assert load.busy


@pytest.mark.parametrize(
    ("after", "others"),
    [(Moment(110.0, 50.0, 8.0), 0.0), (Moment(110.0, 99.0, 7.0), 1.0), (Moment(100.0, 60.0, 7.0), 0.0)],
    ids=["less than own", "more than all", "no time"],
)
def test_coarse_clocks_do_not_make_an_impossible_part(after: Moment, others: float) -> None:
    assert between(Moment(100.0, 50.0, 7.0), after, 2).others == others


def test_what_this_process_uses_is_its_own() -> None:
    before = moment()
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    after = moment()
    assert after.own > before.own
    assert after.used >= before.used
    assert after.clock > before.clock


def test_a_block_has_a_load() -> None:
    with meanwhile() as found:
        pass
    assert 0.0 <= found.load.others <= 1.0


def test_it_is_said_when_the_machine_is_or_was_busy() -> None:
    assert warning(Load(0.4, 0.05), 2) is None
    assert "load 0.4, others 30%: busy" in str(warning(Load(0.4, 0.3), 2))
    assert "load 0.6, others 5%" in str(warning(Load(0.6, 0.05), 2))
