"""The command: how many of whom, for how long, on which database; see `--help`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
import tempfile
from pathlib import Path

import structlog

from tools.simulate.report import report
from tools.simulate.simulation import Scale, settings, simulate


def main(arguments: list[str] | None = None) -> int:
    """Simulates and prints the balance sheet; 1 when anything disagrees."""
    options = _options(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    scale = Scale(options.subscribers, options.dossiers, options.days, options.real, options.minutes, seed)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="gateway-simulate-", dir=options.directory) as directory:
        outcome = asyncio.run(simulate(settings(Path(directory), options.database_url), scale))
    print(report(outcome))
    return 1 if outcome.sheet.disagreements else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="simulate",
        description="A year of virtual subscribers with a migration in the middle of it; exit code 1: a disagreement.",
    )
    parser.add_argument("--subscribers", type=int, default=300, help="virtual subscribers (default: 300)")
    parser.add_argument("--dossiers", type=int, default=2000, help="dossiers deposited in all (default: 2000)")
    parser.add_argument("--days", type=int, default=365, help="simulated days (default: 365)")
    parser.add_argument("--minutes", type=float, default=60, help="ends after so many minutes, wherever it is then")
    parser.add_argument("--real", type=int, default=4, help="subscribers at real doors over loopback (default: 4)")
    parser.add_argument("--seed", type=int, help="the same again (default: a new one, which is printed)")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; SQLite if not given")
    parser.add_argument("--directory", type=Path, help="where the data lie meanwhile (default: the system's for such)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
