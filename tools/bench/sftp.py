"""Rows: polls and pulls over SFTP, many files on one connection, a large one both ways, idle sessions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import psutil  # type: ignore[import-untyped]  # it has no types of its own

from tools.bench import servers, sftp_peers, workers
from tools.bench.figures import Row, Series
from tools.bench.servers import Server
from tools.bench.sftp_client import Client, to_gateway, to_peer
from tools.bench.sftp_peers import Keys
from tools.bench.sftp_world import IN_ONE_PULL, LARGE, POLLER, READER, WAITING, Wanted, puller
from tools.bench.stage import Effort, Stage

ROWS = ("sftp-poll", "sftp-pull", "sftp-files", "sftp-large", "sftp-beside", "sftp-workers", "sftp-idle")
PEERS = _OPENSSH, _PROFTPD, _RCLONE, _BARE = *(peer.name for peer in sftp_peers.PEERS), "bare asyncssh"
_WITH_ALL = ("sftp-poll", "sftp-pull", "sftp-files", "sftp-large")
_OTHERS = {_PROFTPD: None, _RCLONE: None, _BARE: None}
_POLL: dict[str, float | None] = {_OPENSSH: 0.25, **_OTHERS, _PROFTPD: 0.7}
_PULL: dict[str, float | None] = {_OPENSSH: 0.85, **_OTHERS}
_FILES: dict[str, float | None] = {_OPENSSH: 2.3, **_OTHERS}
_DOWN: dict[str, float | None] = {_OPENSSH: 1.8, _PROFTPD: 1.0, _RCLONE: 1.0, _BARE: None}
_UP: dict[str, float | None] = {_OPENSSH: 1.5, _PROFTPD: 1.0, _RCLONE: 1.0, _BARE: None}
_AT_ONCE = 16
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Side:
    """One server with a client of it."""

    name: str
    server: Server
    client: Client


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is done in a round."""

    polls: int
    pulls: int
    files: int
    sessions: int


def amounts(effort: Effort) -> Amounts:
    """From the effort of all rows: a thousand requests are a hundred polls, ten pulls, two thousand files."""
    each = effort.requests
    return Amounts(polls=each // 10, pulls=max(3, each // 100), files=2 * each, sessions=each)


def wanted(rows: list[str] | tuple[str, ...], effort: Effort) -> Wanted:
    """What has to lie ready for these rows."""
    much, rounds = amounts(effort), effort.rounds + 1
    return Wanted(
        pulls=much.pulls * rounds if "sftp-pull" in rows else 0,
        files=much.files * rounds if "sftp-files" in rows else 0,
        large=effort.large if {"sftp-large", "sftp-beside"} & set(rows) else 0,
    )


def peers() -> str:
    """Which peers take part, or why not."""
    found = (peer.version() or f"{peer.package} is not installed: no rows beside it" for peer in sftp_peers.PEERS)
    return ", ".join((*found, f"asyncssh {version('asyncssh')}"))


@contextmanager
def sides(stage: Stage, keys: Keys, files: Path) -> Iterator[list[Side]]:
    """The gateway, each peer that is installed, and a bare server; below `files` each has a directory of its own."""
    user = psutil.Process().username()
    with ExitStack() as stack:
        found = [Side("gateway", stage.gateway, to_gateway(stage.gateway.sftp_port, keys))]
        root = keys.file.parent
        for peer in sftp_peers.PEERS:
            if peer.version() is not None:
                shown = files / peer.name
                server = stack.enter_context(peer.start(root, shown))
                home = "" if peer.rooted else shown
                found.append(Side(peer.name, server, to_peer(server.port, keys, user, home)))
        server = stack.enter_context(servers.bare_sftp(root / "host", root / "authorized"))
        found.append(Side(_BARE, server, to_peer(server.port, keys, user, files / _BARE)))
        yield found


def measure(row: str, stage: Stage, found: list[Side]) -> list[Row]:
    """The rows of that name."""
    effort, much = stage.effort, amounts(stage.effort)
    if row not in _WITH_ALL:
        found = [side for side in found if side.name not in (_RCLONE, _BARE)]
    if row == "sftp-poll":
        return _polls(found, effort.rounds, much.polls)
    if row == "sftp-pull":
        return _pulls(found, effort.rounds, much.pulls)
    if row == "sftp-files":
        return _files(found, effort.rounds, much.files)
    if row == "sftp-large":
        return _large(found, effort.rounds, effort.large, stage.directory)
    if row == "sftp-beside":
        return _beside(found, effort.rounds, much.polls // 5)
    if row == "sftp-workers":
        return workers.measure(stage, found[0].client.keys, much.polls * 5)
    return _idle(found, much.sessions)


def _polls(found: list[Side], rounds: int, polls: int) -> list[Row]:
    def polling(*, password: bool) -> Callable[[Side], None]:
        async def run(side: Side) -> None:
            for _ in range(polls):
                await side.client.poll(POLLER, WAITING, password=password)

        return lambda side: asyncio.run(run(side))

    costs = _in_turns(found, rounds, polling(password=False), polls)
    gateway = found[0]
    both = {
        name: Series(tuple(_cost(gateway, polling(password=name == "password"), polls) for _ in range(rounds + 1))[1:])
        for name in ("password", "key")
    }
    return [
        *_rows("poll, 100 waiting, nothing new", "ms", 1e3, costs, _POLL),
        Row("  with the password", "ms", both["password"].times(1e3), 1.1, "key", both["key"].times(1e3)),
    ]


def _pulls(found: list[Side], rounds: int, pulls: int) -> list[Row]:
    numbers = {side.name: count() for side in found}

    async def run(side: Side) -> None:
        for _ in range(pulls):
            await side.client.pull(puller(next(numbers[side.name])), IN_ONE_PULL)

    costs = _in_turns(found, rounds, lambda side: asyncio.run(run(side)), pulls)
    return _rows("pull of 10 × 50 kB, each to DONE", "ms", 1e3, costs, _PULL)


def _files(found: list[Side], rounds: int, files: int) -> list[Row]:
    """One connection for each round; every file is fetched once."""
    names = {side.name: iter(asyncio.run(_listed(side))) for side in found}

    async def run(side: Side) -> None:
        async with side.client.connected(READER) as sftp:
            for _ in range(files):
                await side.client.fetch(sftp, f"{side.client.home(READER)}/in/{next(names[side.name])}")

    costs = _in_turns(found, rounds, lambda side: asyncio.run(run(side)), files)
    return _rows(f"{files} × 50 kB on one connection, each", "ms", 1e3, costs, _FILES)


async def _listed(side: Side) -> list[str]:
    async with side.client.connected(READER) as sftp:
        return await side.client.files(sftp, READER)


def _large(found: list[Side], rounds: int, size: int, directory: Path) -> list[Row]:
    source = directory / "sent"
    with source.open("wb") as file:
        for _ in range(size >> 20):
            file.write(bytes(range(256)) * 4096)
    names = {side.name: asyncio.run(_largest(side)) for side in found}

    def up(side: Side) -> None:
        side.client.batch(LARGE, f'put "{source}" "{side.client.home(LARGE)}/out/sent.part"')

    def down(side: Side) -> None:
        side.client.batch(LARGE, f'get "{names[side.name]}" /dev/null')

    costs = _in_turns(found, rounds, down, 1)
    rows = _rows(f"{size >> 20} MiB down", "s", 1, costs, _DOWN)
    costs = _in_turns(found, rounds, up, 1)
    return rows + _rows(f"{size >> 20} MiB up, with digest and durable", "s", 1, costs, _UP)


async def _largest(side: Side) -> str:
    async with side.client.connected(LARGE) as sftp:
        (name,) = await side.client.files(sftp, LARGE)
        return f"{side.client.home(LARGE)}/in/{name}"


def _beside(found: list[Side], rounds: int, polls: int) -> list[Row]:
    """Polls one after the other while one client downloads the large file, again and again."""
    names = {side.name: asyncio.run(_largest(side)) for side in found}
    waits: dict[str, list[float]] = {side.name: [] for side in found}

    async def poll(side: Side) -> list[float]:
        taken = []
        for _ in range(polls):
            began = time.perf_counter()
            await side.client.poll(POLLER, WAITING)
            taken.append(time.perf_counter() - began)
        return taken

    for number in range(rounds + 1):
        for side in found if number % 2 else reversed(found):
            download = side.client.start(LARGE, *[f'get "{names[side.name]}" /dev/null'] * 1000)
            try:
                time.sleep(0.5)
                taken = asyncio.run(poll(side))
                if download.poll() is not None:
                    raise RuntimeError(f"the download from {side.name} ended before the polls")
            finally:
                download.kill()
                download.communicate()
            if number:
                waits[side.name].append(median(taken))
    costs = {name: Series(tuple(values)) for name, values in waits.items()}
    return _rows("poll beside a large download, wall time", "ms", 1e3, costs, {_OPENSSH: 1.0, _PROFTPD: None})


def _idle(found: list[Side], sessions: int) -> list[Row]:
    """Sessions that have listed once and then wait. What they take more than a server without any, in megabytes."""

    async def run(side: Side) -> float:
        async with AsyncExitStack() as stack:
            gate = asyncio.Semaphore(_AT_ONCE)

            async def enter() -> None:
                async with gate:
                    sftp = await stack.enter_async_context(side.client.connected(POLLER))
                    await side.client.files(sftp, POLLER)

            before = side.server.share()
            await _all(enter() for _ in range(sessions))
            return (side.server.share() - before) / _MEGABYTE

    costs = {side.name: Series((asyncio.run(run(side)),)) for side in found}
    rows = _rows(f"{sessions} idle sessions, memory", "MB", 1, costs, {_OPENSSH: 1 / 40, _PROFTPD: None})
    return [*rows, Row("  the same by itself", "MB", costs["gateway"], 40.0 * sessions / 1000)]


async def _all(works: Iterator[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*works)


def _in_turns(found: list[Side], rounds: int, work: Callable[[Side], None], operations: int) -> dict[str, Series]:
    """Processor seconds of each server for one operation, by turns, after a round that does not count."""
    costs: dict[str, list[float]] = {side.name: [] for side in found}
    for number in range(rounds + 1):
        for side in found if number % 2 else reversed(found):
            costs[side.name].append(_cost(side, work, operations))
    return {name: Series(tuple(values[1:])) for name, values in costs.items()}


def _cost(side: Side, work: Callable[[Side], None], operations: int) -> float:
    before = side.server.cpu()
    work(side)
    return (side.server.cpu() - before) / operations


def _rows(work: str, unit: str, factor: float, costs: dict[str, Series], budgets: dict[str, float | None]) -> list[Row]:
    """One row for each peer that took part; one without a peer where none did."""
    ours = costs["gateway"].times(factor)
    rows = [
        Row(work, unit, ours, budget, name, costs[name].times(factor))
        for name, budget in budgets.items()
        if name in costs
    ]
    return rows or [Row(work, unit, ours, None)]
