"""Row: 25 notifications of a queue of 10,000."""

from __future__ import annotations

from collections.abc import Callable

from tools.bench import servers
from tools.bench.figures import Row
from tools.bench.stage import Job, Stage, alternating
from tools.bench.wire import Wire
from tools.bench.world import authorization

_PATH = "/teledossiers/v1/notifications?maxResult=25"
_BUDGET = 3.0


def measure(stage: Stage) -> list[Row]:
    """The list, against the same JSON from a bare aiohttp server."""
    requests = stage.effort.requests
    with Wire(stage.gateway.port, authorization("queue")) as ours:
        answer = stage.directory / "answer.json"
        answer.write_bytes(ours.ask("GET", _PATH))
        with servers.bare(answer) as bare, Wire(bare.port) as theirs:
            gateway, peer = alternating(
                stage.effort.rounds,
                Job(stage.gateway, _asking(ours, requests), requests),
                Job(bare, _asking(theirs, requests), requests),
            )
    return [Row("list 25 of 10,000", "µs", gateway.times(1e6), _BUDGET, "aiohttp", peer and peer.times(1e6))]


def _asking(wire: Wire, times: int) -> Callable[[], None]:
    def ask() -> None:
        for _ in range(times):
            wire.ask("GET", _PATH)

    return ask
