"""What the bench says: a table for people, JSON for machines."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from tools.bench.figures import Row, Series
from tools.bench.load import Load

_HEAD = ("work", "gateway", "peer", "ratio", "budget", "", "machine")


def machine(engine: str, nginx: str | None, load: Load) -> str:
    """What the figures were measured on, in one line; `load` is that of the beginning."""
    return (
        f"{os.cpu_count()} cores ({load} at the beginning), {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, aiohttp {version('aiohttp')}, {engine}, "
        f"{nginx or 'nginx is not installed: its rows have no peer'}"
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text; the spread is half the range of the rounds."""
    lines = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    written = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    return "\n".join([written[0], "-" * len(written[0]), *written[1:]])


def as_json(rows: Sequence[Row], about: str) -> str:
    """The rows with every round, for scripts."""
    return json.dumps({"machine": about, "rows": [_record(row) for row in rows]}, indent=2)


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    bound = "" if row.budget is None else f"{'≥' if row.at_least else '≤'} {row.budget:g}{' ×' if row.peer else ''}"
    peer = "" if row.peer is None else f"{row.peer_name} {_amount(row.peer, row.unit)}"
    verdict = f"{row.verdict} {row.note}".strip()
    return (
        row.work,
        _amount(row.gateway, row.unit),
        peer,
        ratio,
        bound,
        verdict,
        "" if row.load is None else str(row.load),
    )


def _amount(series: Series, unit: str) -> str:
    return f"{series.median:.3g} {unit} ± {series.spread:.0%}"


def _record(row: Row) -> dict[str, Any]:
    return {
        "work": row.work,
        "unit": row.unit,
        "gateway": list(row.gateway.values),
        "peer": None if row.peer is None else {"name": row.peer_name, "values": list(row.peer.values)},
        "measured": row.measured,
        "budget": row.budget,
        "at_least": row.at_least,
        "verdict": row.verdict,
        "note": row.note,
        "load": None if row.load is None else {"average": row.load.average, "others": row.load.others},
    }
