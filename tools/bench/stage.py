"""What the rows are measured on: the servers, how often, how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.bench.figures import Series
from tools.bench.servers import Server


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done: rounds, requests in a round, bytes of the large file, seconds of steady traffic.

    `organizations`: how many a move is planned for, with 30 subscriptions each. `cases`: how many a store has that has
    grown tenfold.
    """

    rounds: int
    requests: int
    large: int
    seconds: int
    organizations: int
    cases: int


FULL = Effort(rounds=5, requests=1000, large=1 << 30, seconds=20, organizations=8000, cases=1_000_000)
QUICK = Effort(rounds=3, requests=300, large=1 << 27, seconds=5, organizations=800, cases=200_000)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that a row needs; `nginx` is None where it is not installed, its files lie in `files`."""

    gateway: Server
    nginx: Server | None
    directory: Path
    files: Path
    effort: Effort


@dataclass(frozen=True, slots=True)
class Job:
    """Work for one server: `run` makes it do `operations` of them."""

    server: Server
    run: Callable[[], None]
    operations: int

    def cost(self) -> float:
        """Processor seconds of the server for each operation, running it once."""
        before = self.server.cpu()
        self.run()
        return (self.server.cpu() - before) / self.operations


def alternating(rounds: int, ours: Job, theirs: Job | None) -> tuple[Series, Series | None]:
    """The costs of both by turns, who begins changing, after one round that does not count."""
    figures: dict[bool, list[float]] = {True: [], False: []}
    for number in range(rounds + 1):
        for mine in (True, False) if number % 2 else (False, True):
            job = ours if mine else theirs
            if job is not None:
                figures[mine].append(job.cost())
    return Series(tuple(figures[True][1:])), Series(tuple(figures[False][1:])) if theirs is not None else None
