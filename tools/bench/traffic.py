"""What others do meanwhile: deposits and fetches at a steady pace, each timed from the moment when it was due."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Final

from tools.bench.deposits import deposit
from tools.bench.figures import percentile
from tools.bench.stage import Stage
from tools.bench.wire import Wire
from tools.bench.world import authorization

DEPOSITS: Final = 5
"""A second, of four requests each."""
FETCHES: Final = 20
"""A second: a list of notifications and an attachment of 50 kB."""
_BASE: Final = "/teledossiers/v1"
_CLIENTS: Final = 8
_NAP: Final = 0.05


@dataclass(frozen=True, slots=True)
class Waits:
    """How long each one took, in seconds, from when it was due; `seconds`: how long all of it lasted."""

    seconds: float
    deposits: tuple[float, ...]
    fetches: tuple[float, ...]


def told(waits: Sequence[float]) -> str:
    """`median 3 ms, p99 12 ms of 400`."""
    half, late = (1000 * percentile(waits, part) for part in (0.5, 0.99))
    return f"median {half:.0f} ms, p99 {late:.0f} ms of {len(waits):,}"


def run(stage: Stage, paths: Sequence[str], over: Callable[[], bool]) -> Waits:
    """Deposits to one organization and fetches by another until it is over. Raises what any of them raised."""
    turns = count()

    def fetch(wire: Wire) -> None:
        wire.ask("GET", f"{_BASE}/notifications?maxResult=25")
        wire.download(paths[next(turns) % len(paths)])

    began = time.perf_counter()
    with ThreadPoolExecutor(2 * _CLIENTS) as pool:

        def started(client: str, work: Callable[[Wire], None], rate: int) -> list[Callable[[], list[float]]]:
            numbers = count()

            def paced() -> list[float]:
                with Wire(stage.gateway.port, authorization(client)) as wire:
                    return in_time(lambda: began + next(numbers) / rate, lambda: work(wire), over)

            return [pool.submit(paced).result for _ in range(_CLIENTS)]

        deposits, fetches = started("depositor", deposit, DEPOSITS), started("fetcher", fetch, FETCHES)
        waits = [tuple(wait for result in each for wait in result()) for each in (deposits, fetches)]
    return Waits(time.perf_counter() - began, *waits)


def in_time(due: Callable[[], float], work: Callable[[], None], over: Callable[[], bool]) -> list[float]:
    """Does the work at each moment that is due, or at once when that has passed; what each took since then."""
    waits: list[float] = []
    while not over():
        moment = due()
        while (early := moment - time.perf_counter()) > 0 and not over():
            time.sleep(min(early, _NAP))
        if early > 0:
            break
        work()
        waits.append(time.perf_counter() - moment)
    return waits
