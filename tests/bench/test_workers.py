"""What the row of the workers says, with the client that lets it be measured and without."""

from __future__ import annotations

from tools.bench import workers

_RATES = {1: [100.0, 110.0], 2: [160.0, 150.0]}
_COSTS = {1: [0.004, 0.004], 2: [0.005, 0.005]}
_CLIENTS = {1: [0.001, 0.001], 2: [0.001, 0.001]}


def test_two_workers_are_compared_with_one() -> None:
    rate, cost, client, apart = workers.rows(_RATES, _COSTS, _CLIENTS, "ssh2-python 1")
    assert (rate.verdict, rate.budget, rate.note) == ("over", 1.5, "ssh2-python 1")
    assert (cost.gateway.median, cost.peer and cost.peer.median) == (5.0, 4.0)
    assert client.gateway.median == 1.0
    assert (apart.gateway.median, apart.peer and apart.peer.median) == (400.0, 250.0)


def test_without_the_light_client_the_row_says_so_and_has_no_verdict() -> None:
    rate = workers.rows(_RATES, _COSTS, _CLIENTS, None)[0]
    assert rate.verdict == ""
    assert "ssh2-python is not installed" in rate.note
