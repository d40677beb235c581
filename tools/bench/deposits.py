"""Rows: deposits a second, and how soon the recipient sees one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from tools.bench.figures import Row, Series, percentile
from tools.bench.stage import Stage
from tools.bench.wire import Wire
from tools.bench.world import PROCESS, READER, SMALL, authorization

_BASE = "/teledossiers/v1"
_FLOOR = 100.0
_SEEN_WITHIN = 1.0
_RATE = 50
_CLIENTS = 16
_POLL = 0.05
_LATEST = 10.0
_CONTENT = b"%PDF-1.7".ljust(SMALL, b"\0")
_numbers = count()


def measure(stage: Stage) -> list[Row]:
    """Folders with two attachments of 50 kB, completed: four requests, each durable before it is answered."""
    most = max(100, stage.effort.requests // 2)
    speeds, costs = [], []
    for _ in range(stage.effort.rounds):
        began, used = time.perf_counter(), stage.gateway.cpu()
        _together(stage, most)
        speeds.append(most / (time.perf_counter() - began))
        costs.append((stage.gateway.cpu() - used) / most * 1000)
    return [
        Row("deposit, 2 × 50 kB, 4 requests", "/s", Series(tuple(speeds)), _FLOOR, at_least=True),
        Row("  processor time of one", "ms", Series(tuple(costs)), None),
    ]


def measure_visible(stage: Stage) -> list[Row]:
    """From the completing request being sent until a poll of the recipient has answered with the case."""
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    with Wire(stage.gateway.port, authorization("reader")) as wire:
        while _take(wire, {}):
            pass
    done = threading.Event()
    poller = threading.Thread(target=_poll, args=(stage, sent, seen, done))
    poller.start()
    total = _RATE * stage.effort.seconds
    began = time.monotonic()
    try:
        with ThreadPoolExecutor(_CLIENTS) as pool:
            local = threading.local()
            for number in range(total):
                time.sleep(max(0.0, began + number / _RATE - time.monotonic()))
                pool.submit(_deposit_on, local, stage, sent)
    finally:
        done.set()
        poller.join()
    waits = [seen[case] - sent[case] for case in sent if case in seen]
    reached = f"{len(waits)} of {total} seen, median {percentile(waits, 0.5):.3f} s"
    late = percentile(waits, 0.99) if len(waits) == total else float("inf")
    return [Row(f"deposit → seen, {_RATE}/s, p99", "s", Series((late,)), _SEEN_WITHIN, note=reached)]


def _together(stage: Stage, most: int) -> None:
    left = iter(range(most))
    lock = threading.Lock()

    def client() -> None:
        with Wire(stage.gateway.port, authorization("depositor")) as wire:
            while True:
                with lock:
                    if next(left, None) is None:
                        return
                deposit(wire)

    with ThreadPoolExecutor(_CLIENTS) as pool:
        for finished in [pool.submit(client) for _ in range(_CLIENTS)]:
            finished.result()


def deposit(wire: Wire, completing: Callable[[str], object] = str) -> None:
    """Hands in one folder; `completing` is told the case's id right before the last request."""
    folder = json.loads(wire.ask("POST", f"{_BASE}/folders", request(f"B-{next(_numbers)}", [SMALL, SMALL])))
    place = f"{_BASE}/folders/{folder['id']}"
    for attachment in folder["attachments"]:
        wire.ask("PUT", f"{place}/attachments/{attachment['id']}", _CONTENT)
    completing(folder["cases"][0]["id"])
    wire.ask("PATCH", place, {"globalStatus": "HUBEE_COMPLETED"})


def request(number: str, sizes: list[int]) -> dict[str, Any]:
    """The body that creates a folder with one case for the reader."""
    kind, siret, branch = READER.split("-")
    return {
        "processCode": PROCESS,
        "externalId": number,
        "applicant": {"firstName": "Camille", "lastName": "ESSAI", "email": "camille.essai@example.org"},
        "cases": [{"externalId": number, "recipient": {"type": kind, "companyRegister": siret, "branchCode": branch}}],
        "attachments": [
            {
                "fileName": f"{position}.pdf",
                "type": f"piece-{position}",
                "size": size,
                "mimeType": "application/pdf",
                "recipients": [number],
            }
            for position, size in enumerate(sizes)
        ],
    }


def _deposit_on(local: threading.local, stage: Stage, sent: dict[str, float]) -> None:
    wire: Wire | None = getattr(local, "wire", None)
    if wire is None:
        wire = local.wire = Wire(stage.gateway.port, authorization("depositor"))
    deposit(wire, lambda case: sent.__setitem__(case, time.monotonic()))


def _poll(stage: Stage, sent: dict[str, float], seen: dict[str, float], done: threading.Event) -> None:
    """Asks for what is new and deletes it, until everything that was sent was seen or a while after the end."""
    give_up = float("inf")
    with Wire(stage.gateway.port, authorization("reader")) as wire:
        while not (done.is_set() and sent.keys() <= seen.keys()) and time.monotonic() < give_up:
            found = _take(wire, seen)
            if done.is_set() and give_up == float("inf"):
                give_up = time.monotonic() + _LATEST
            time.sleep(0 if found else _POLL)


def _take(wire: Wire, seen: dict[str, float]) -> int:
    """Notes when each new case was seen and deletes its notification; answers how many there were."""
    found = json.loads(wire.ask("GET", f"{_BASE}/notifications?maxResult=100"))
    now = time.monotonic()
    for notification in found:
        seen.setdefault(notification["caseId"], now)
        wire.ask("DELETE", f"{_BASE}/notifications/{notification['id']}")
    return len(found)
