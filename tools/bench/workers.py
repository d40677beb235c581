"""Row: how many polls a second one worker and two of them answer, on all processors, shared with the clients.

The client is libssh2's, which takes a fraction of a worker's processor time; without it asyncssh's, which takes more
than a worker, so that the row then shows the client and has no budget.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

from tools.bench import light_client, servers
from tools.bench.figures import Row, Series
from tools.bench.servers import Server
from tools.bench.sftp_client import Client, to_gateway
from tools.bench.sftp_peers import Keys, read_keys
from tools.bench.sftp_world import POLLER, WAITING
from tools.bench.stage import Stage

_COUNTS = (1, 2)
_CLIENTS = 2
_AT_ONCE = 4


def measure(stage: Stage, keys: Keys, polls: int) -> list[Row]:
    """A gateway for each number of workers, on the same store, by turns."""
    rates: dict[int, list[float]] = {count: [] for count in _COUNTS}
    costs: dict[int, list[float]] = {count: [] for count in _COUNTS}
    theirs: dict[int, list[float]] = {count: [] for count in _COUNTS}
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
                figures = _round(clients, sides[count], keys.file.parent, polls)
                if number:
                    for figure, into in zip(figures, (rates, costs, theirs), strict=True):
                        into[count].append(figure)
    return rows(rates, costs, theirs, light_client.version())


def rows(
    rates: dict[int, list[float]], costs: dict[int, list[float]], theirs: dict[int, list[float]], light: str | None
) -> list[Row]:
    """Of rounds with each number of workers: polls a second, processor seconds of one at the gateway and the client."""
    one, two = (Series(tuple(rates[count])) for count in _COUNTS)
    cost_of_one, cost_of_two = (Series(tuple(costs[count])).times(1e3) for count in _COUNTS)
    of_client_one, of_client_two = (Series(tuple(theirs[count])).times(1e3) for count in _COUNTS)
    note = light or "client: asyncssh, slower than what it measures; ssh2-python is not installed"
    return [
        Row("polls a second, 2 workers", "/s", two, 1.5 if light else None, "1 worker", one, at_least=True, note=note),
        Row("  processor time of each", "ms", cost_of_two, None, "1 worker", cost_of_one),
        Row("  that of the client", "ms", of_client_two, None, "1 worker", of_client_one),
        Row("  so with processors of their own", "/s", _at_most(2, costs[2]), None, "1 worker", _at_most(1, costs[1])),
    ]


def _at_most(workers: int, costs: list[float]) -> Series:
    """Polls a second where each worker has a processor to itself and clients take nothing of it."""
    return Series(tuple(workers / cost for cost in costs))


def _round(clients: ProcessPoolExecutor, server: Server, directory: Path, polls: int) -> tuple[float, float, float]:
    """Polls a second, and the processor seconds that each took at the gateway and at the client."""
    before, began = server.cpu(), time.perf_counter()
    running = [clients.submit(_poll, server.sftp_port, directory, polls) for _ in range(_CLIENTS)]
    used = sum(one.result() for one in running)
    done = _CLIENTS * polls
    return done / (time.perf_counter() - began), (server.cpu() - before) / done, used / done


def _poll(port: int, directory: Path, polls: int) -> float:
    """In a process of its own: so many polls, several at a time. The processor seconds that this took here."""
    keys = read_keys(directory)
    before = time.process_time()
    if light_client.version() is None:
        asyncio.run(_heavily(to_gateway(port, keys), polls))
    else:
        _lightly(light_client.light_client(port, keys, POLLER), polls)
    return time.process_time() - before


def _lightly(client: light_client.LightClient, polls: int) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for each in [threads.submit(client.poll, "/in", WAITING) for _ in range(polls)]:
            each.result()


async def _heavily(client: Client, polls: int) -> None:
    numbers = iter(range(polls))

    async def some() -> None:
        for _ in numbers:
            await client.poll(POLLER, WAITING)

    await asyncio.gather(*(some() for _ in range(_AT_ONCE)))
