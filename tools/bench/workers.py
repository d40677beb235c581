"""Row: how many polls a second one worker and two of them answer, on all processors, shared with the clients."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

from tools.bench import servers
from tools.bench.figures import Row, Series
from tools.bench.servers import Server
from tools.bench.sftp_client import to_gateway
from tools.bench.sftp_peers import Keys, read_keys
from tools.bench.sftp_world import POLLER, WAITING
from tools.bench.stage import Stage

_COUNTS = (1, 2)
_CLIENTS = 2
_AT_ONCE = 8


def measure(stage: Stage, keys: Keys, polls: int) -> list[Row]:
    """A gateway for each number of workers, on the same store, by turns."""
    rates: dict[int, list[float]] = {count: [] for count in _COUNTS}
    costs: dict[int, list[float]] = {count: [] for count in _COUNTS}
    with ExitStack() as stack:
        stack.enter_context(servers.anywhere())
        sides = {
            count: stack.enter_context(
                servers.gateway(stage.directory / "gateway.yaml", stage.directory / f"workers-{count}.log", count)
            )
            for count in _COUNTS
        }
        clients = stack.enter_context(ProcessPoolExecutor(_CLIENTS, mp_context=get_context("spawn")))
        for number in range(stage.effort.rounds + 1):
            for count in _COUNTS if number % 2 else reversed(_COUNTS):
                rate, cost = _round(clients, sides[count], keys.file.parent, polls)
                if number:
                    rates[count].append(rate)
                    costs[count].append(cost)
    one, two = (Series(tuple(rates[count])) for count in _COUNTS)
    cost_of_one, cost_of_two = (Series(tuple(costs[count])).times(1e3) for count in _COUNTS)
    return [
        Row("polls a second, 2 workers", "/s", two, 1.5, "1 worker", one, at_least=True),
        Row("  processor time of each", "ms", cost_of_two, None, "1 worker", cost_of_one),
        Row("  so with processors of their own", "/s", _at_most(2, costs[2]), None, "1 worker", _at_most(1, costs[1])),
    ]


def _at_most(workers: int, costs: list[float]) -> Series:
    """Polls a second where each worker has a processor to itself and clients take nothing of it."""
    return Series(tuple(workers / cost for cost in costs))


def _round(clients: ProcessPoolExecutor, server: Server, directory: Path, polls: int) -> tuple[float, float]:
    before, began = server.cpu(), time.perf_counter()
    running = [clients.submit(_poll, server.sftp_port, directory, polls) for _ in range(_CLIENTS)]
    for one in running:
        one.result()
    done = _CLIENTS * polls
    return done / (time.perf_counter() - began), (server.cpu() - before) / done


def _poll(port: int, directory: Path, polls: int) -> None:
    """In a process of its own: so many polls, several at a time."""
    client = to_gateway(port, read_keys(directory))

    async def some(numbers: list[int]) -> None:
        while numbers:
            numbers.pop()
            await client.poll(POLLER, WAITING)

    async def run() -> None:
        numbers = list(range(polls))
        await asyncio.gather(*(some(numbers) for _ in range(_AT_ONCE)))

    asyncio.run(run())
