"""The command: which rows, how thoroughly, on which database; see `--help`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from gateway.config import Settings
from tools.bench import (
    applying,
    deposits,
    growth,
    listing,
    load,
    plans,
    report,
    servers,
    sftp,
    sftp_peers,
    sftp_world,
    transfers,
)
from tools.bench.figures import Row
from tools.bench.stage import FULL, QUICK, Effort, Stage
from tools.bench.world import configure, seed

_ROWS = ("list", "deposit", "visible", "download", "upload", *sftp.ROWS, "growth", "plan", "apply")
_COUNTRY = ("plan", "apply")
_QUEUE = 10_000


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints; 1 when a budget was not kept and `--strict` was given."""
    options = _options(arguments)
    effort = QUICK if options.quick else FULL
    before = load.at_start()
    if warning := load.warning(before, os.cpu_count() or 1):
        _say(warning)
    with tempfile.TemporaryDirectory(prefix="gateway-bench-", dir=options.directory) as directory:
        rows = _measured(Path(directory), options.rows or _ROWS, effort, options)
    engine = "SQLite" if not options.database_url else "PostgreSQL"
    about = f"{report.machine(engine, servers.nginx_version(), before)}, {sftp.peers()}"
    print(report.as_json(rows, about) if options.json else f"{about}\n\n{report.table(rows)}")
    return int(options.strict and any(row.verdict == "over" for row in rows))


def _measured(
    directory: Path, wanted: list[str] | tuple[str, ...], effort: Effort, options: argparse.Namespace
) -> list[Row]:
    config, settings = configure(directory, options.database_url)
    files = directory / "files"
    (files / "up").mkdir(parents=True)
    _say(f"preparing: a queue of {_QUEUE if 'list' in wanted else 0} deliveries")
    seed(settings, _QUEUE if "list" in wanted else 0)
    downloads = transfers.prepare(settings, effort) if "download" in wanted else None
    keys = sftp_peers.make_keys(directory)
    over_sftp = sftp.wanted(wanted, effort)
    both_doors = bool(set(sftp.ROWS) & set(wanted))
    if both_doors:
        sftp_world.seed_accounts(settings, keys, over_sftp)
        for name in sftp.PEERS:
            sftp_world.lay_out(directory / "homes" / name, over_sftp)
    rows: list[Row] = []
    filled = False
    with ExitStack() as stack:
        stack.enter_context(servers.apart(servers=False))
        gateway = stack.enter_context(servers.gateway(config, directory / "gateway.log", options.workers))
        peer = stack.enter_context(servers.nginx(directory)) if servers.nginx_version() else None
        stage = Stage(gateway, peer, directory, files, effort)
        found = (
            stack.enter_context(sftp.sides(stage, keys, directory / "homes")) if set(sftp.ROWS) & set(wanted) else []
        )
        for name in _ROWS:
            if name not in wanted:
                continue
            if name in _COUNTRY and not filled:  # these rows come last: it fills the store
                _say("preparing: every subscription of the country")
                plans.seed(settings, effort.organizations)
                filled = True
            _say(f"measuring: {name}")
            with load.meanwhile() as beside:
                measured = _row(name, stage, found, downloads, config, settings, keys, options.database_url)
            measured = [replace(row, load=beside.load) for row in measured]
            _say(report.table(measured))  # in a long run the later rows may never be reached
            rows += measured
    return rows


def _row(
    name: str,
    stage: Stage,
    sides: list[sftp.Side],
    downloads: transfers.Downloads | None,
    config: Path,
    settings: Settings,
    keys: sftp_peers.Keys,
    database_url: str,
) -> list[Row]:
    if name == "download":
        assert downloads is not None
        return transfers.measure_down(stage, downloads)
    works: dict[str, Callable[[], list[Row]]] = {
        "list": lambda: listing.measure(stage),
        "deposit": lambda: deposits.measure(stage),
        "visible": lambda: deposits.measure_visible(stage),
        "upload": lambda: transfers.measure_up(stage),
        "growth": lambda: growth.measure(stage, keys, database_url),
        "plan": lambda: plans.measure(stage, config),
        "apply": lambda: applying.measure(stage, settings),
    }
    return works[name]() if name in works else sftp.measure(name, stage, sides)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measures both doors against their budgets.")
    parser.add_argument("rows", nargs="*", choices=[*_ROWS, []], metavar="ROW", help=f"of {', '.join(_ROWS)}; all")
    parser.add_argument("--quick", action="store_true", help="smaller rounds, and 128 MiB instead of 1 GiB")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; SQLite if not given")
    parser.add_argument("--workers", type=int, default=1, help="of the gateway (default 1); sftp-workers has its own")
    parser.add_argument("--directory", type=Path, help="where the data lie meanwhile (default: the system's for such)")
    parser.add_argument("--json", action="store_true", help="every round, for scripts")
    parser.add_argument("--strict", action="store_true", help="exit code 1 when something is over its budget")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # ends the servers too
    sys.exit(main())
