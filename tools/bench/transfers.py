"""Rows: attachments of 50 kB and 1 GB down, 1 GB up."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from gateway.config import Settings
from tools.bench.deposits import request
from tools.bench.figures import Row, Series
from tools.bench.servers import Server
from tools.bench.stage import Effort, Job, Stage, alternating
from tools.bench.wire import Wire
from tools.bench.world import SMALL, authorization, publish

_BASE = "/teledossiers/v1"
_SMALL_BUDGET, _LARGE_BUDGET, _UP_BUDGET = 8.0, 1.3, 1.6
_MORE_MEMORY = 50.0
_PER_FIRST = 5
_PIECE = bytes(range(256)) * 4096


@dataclass(frozen=True, slots=True)
class Downloads:
    """Paths of attachments: small ones, each to be fetched once, and the large one."""

    small: tuple[str, ...]
    large: str


@dataclass(frozen=True, slots=True)
class Peer:
    """nginx, and a connection to it."""

    server: Server
    wire: Wire


def prepare(settings: Settings, effort: Effort) -> Downloads:
    """Publishes what is fetched: folders with two small attachments for each round, and one with a large one."""
    small = (effort.rounds + 1) * effort.requests // _PER_FIRST + 1
    wanted = [(f"S-{number}", [SMALL, SMALL]) for number in range(small)]
    found = publish(settings, [*wanted, ("L-1", [effort.large])])
    return Downloads(tuple(path for dossier in found[:-1] for path in dossier.paths), found[-1].paths[0])


def measure_down(stage: Stage, downloads: Downloads) -> list[Row]:
    """Both sizes against nginx serving files of the same size."""
    rounds, requests = stage.effort.rounds, stage.effort.requests
    first = 2 * requests // _PER_FIRST
    fresh = iter(downloads.small[2:])
    (stage.files / "small").write_bytes(_PIECE[:SMALL])
    with (stage.files / "large").open("wb") as file:
        for _ in range(0, stage.effort.large, len(_PIECE)):
            file.write(_PIECE)
    with Wire(stage.gateway.port, authorization("fetcher")) as ours, _nginx(stage) as theirs:
        ours.ask("GET", downloads.small[0].partition("/attachments/")[0])  # a dossier that is fetched whole,
        _fetch(ours, [*downloads.small[:2]], SMALL)  # so that fetching it once more notes nothing
        more = requests * _PER_FIRST
        peer = Job(theirs.server, lambda: _fetch(theirs.wire, ["/small"] * more, SMALL), more) if theirs else None
        new = Job(stage.gateway, lambda: _fetch(ours, list(islice(fresh, first)), SMALL), first)
        again = Job(stage.gateway, lambda: _fetch(ours, [downloads.small[0]] * requests, SMALL), requests)
        large = Job(stage.gateway, lambda: _fetch(ours, [downloads.large], stage.effort.large), 1)
        large_peer = (
            Job(theirs.server, lambda: _fetch(theirs.wire, ["/large"], stage.effort.large), 1) if theirs else None
        )
        return [
            _row("50 kB down, again", "µs", 1e6, _SMALL_BUDGET, rounds, again, peer),
            _row("50 kB down, first time, noted durably", "µs", 1e6, _SMALL_BUDGET, rounds, new, peer),
            _row(f"{stage.effort.large >> 20} MiB down", "s", 1, _LARGE_BUDGET, rounds, large, large_peer),
        ]


def measure_up(stage: Stage) -> list[Row]:
    """The large size with its digest, against nginx's PUT, which knows none and syncs nothing; and the memory."""
    size = stage.effort.large
    digest = {"digest": base64.b64encode(_digest(size)).decode()}
    with Wire(stage.gateway.port, authorization("depositor")) as ours, _nginx(stage) as theirs:
        place = _place(ours, size)
        idle = stage.gateway.memory()
        with _peak(stage.gateway) as peak:
            row = _row(
                f"{size >> 20} MiB up with digest, durable",
                "s",
                1,
                _UP_BUDGET,
                stage.effort.rounds,
                Job(stage.gateway, lambda: ours.upload(place, size, _PIECE, digest), 1),
                Job(theirs.server, lambda: theirs.wire.upload("/up/large", size, _PIECE), 1) if theirs else None,
            )
        more = (max(peak) - idle) / (1 << 20)
    return [row, Row("  memory above idle", "MB", Series((more,)), _MORE_MEMORY)]


def _row(work: str, unit: str, factor: float, budget: float, rounds: int, ours: Job, theirs: Job | None) -> Row:
    costs, peer = alternating(rounds, ours, theirs)
    return Row(work, unit, costs.times(factor), budget, "nginx", peer and peer.times(factor))


def _fetch(wire: Wire, paths: list[str], size: int) -> None:
    for path in paths:
        got = wire.download(path)
        if got != size:
            raise RuntimeError(f"GET {path}: {got} bytes instead of {size}")


def _place(wire: Wire, size: int) -> str:
    folder = json.loads(wire.ask("POST", f"{_BASE}/folders", request("U-1", [size])))
    return f"{_BASE}/folders/{folder['id']}/attachments/{folder['attachments'][0]['id']}"


def _digest(size: int) -> bytes:
    digest = hashlib.sha256()
    for _ in range(0, size, len(_PIECE)):
        digest.update(_PIECE)
    return digest.digest()


@contextmanager
def _nginx(stage: Stage) -> Iterator[Peer | None]:
    """A connection to nginx, where there is one."""
    if stage.nginx is None:
        yield None
    else:
        with Wire(stage.nginx.port) as wire:
            yield Peer(stage.nginx, wire)


@contextmanager
def _peak(server: Server) -> Iterator[list[int]]:
    """The server's memory, looked at again and again until the end of the block."""
    seen = [server.memory()]
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.05):
            seen.append(server.memory())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
