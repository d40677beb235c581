"""How long who fails has to wait, and what is counted together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.identity import Door
from gateway.domain.penalties import EVERYBODY, Penalty, PenaltyName, PenaltyRules, origin, stranger

NOW = datetime(2026, 3, 2, tzinfo=UTC)
RENNES = PenaltyName(Door.SFTP, "192.0.2.1", "rennes")
SECOND = timedelta(seconds=1)


def test_the_wait_doubles_up_to_its_ceiling() -> None:
    rules = PenaltyRules(after=3, first=10 * SECOND, ceiling=60 * SECOND)
    waits = [rules.wait(failures, RENNES) for failures in (1, 2, 3, 4, 5, 6, 7, 1_000_000)]
    assert waits == [None, None, 10 * SECOND, 20 * SECOND, 40 * SECOND, 60 * SECOND, 60 * SECOND, 60 * SECOND]


def test_an_address_itself_is_counted_by_another_measure() -> None:
    rules = PenaltyRules(after=3, names=5)
    crowd = PenaltyName(Door.SFTP, "192.0.2.1", EVERYBODY)
    assert (rules.wait(4, crowd), rules.wait(5, crowd)) == (None, rules.first)


def test_a_penalty_blocks_until_its_end() -> None:
    penalty = Penalty(RENNES, 6, NOW + SECOND)
    assert penalty.blocks(NOW)
    assert not penalty.blocks(NOW + SECOND)
    assert not Penalty(RENNES, 5, None).blocks(NOW)


def test_a_name_is_written_and_read() -> None:
    for name in (RENNES, PenaltyName(Door.API, "2001:db8::/64", "a client")):
        assert PenaltyName.parse(str(name)) == name


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "-"),
    ],
)
def test_the_neighbours_of_an_ipv6_address_are_one(address: str, counted: str) -> None:
    assert origin(address) == counted


def test_names_that_are_no_accounts_are_kept_apart_and_kept_by_nobody() -> None:
    found = {stranger(b"key", f"guess-{number}\udcff") for number in range(2000)}
    assert len(found) == 2000
    assert stranger(b"key", "guess") == stranger(b"key", "guess") != stranger(b"another", "guess")
    assert "guess" not in stranger(b"key", "guess")
    assert stranger(b"key", "guess").startswith("?")
