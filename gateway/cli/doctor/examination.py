"""All checks in order, and their findings for people and for scripts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.cli.doctor import (
    antivirus,
    blobs,
    clock,
    configuration,
    database,
    directory,
    keys,
    ports,
    records,
    workers,
)
from gateway.cli.doctor.findings import Finding, State, problem, reason
from gateway.cli.exits import Exit
from gateway.cli.printing import console, print_json
from gateway.cli.telling import counted
from gateway.domain.errors import UnavailableError

if TYPE_CHECKING:
    from gateway.config import Settings

_STYLES: Final = {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "bold red"}


def examine_and_show(config: Path | None, *, json: bool) -> Exit:
    """Examines and prints; the code says whether something is a problem, and whether that is the configuration."""
    found = asyncio.run(examine(config))
    if json:
        counts = {str(state): sum(one.state is state for one in found) for state in State}
        print_json({"checks": found, "summary": counts})
    else:
        show(found)
    return code_of(found)


async def examine(config: Path | None) -> list[Finding]:
    """Everything that can be checked with this configuration; nothing is changed."""
    from gateway.app import now

    found, settings = configuration.check(config, os.environ)
    if settings is None:
        return [*found, *clock.check(now(), None)]
    usable = False

    def rows() -> list[Finding]:
        nonlocal usable
        in_database, usable = database.check(settings)
        return in_database

    blocking: dict[str, Callable[[], list[Finding]]] = {
        "data.directory": lambda: directory.check(settings),
        "database": rows,
        "keys": lambda: keys.check(settings),
        "clock": lambda: clock.check(now(), settings.data_dir / "gateway.db"),
        "ports": lambda: ports.check(settings),
        "serve.workers": lambda: workers.check(settings),
    }
    for name, check in blocking.items():
        found += await _guarded(name, asyncio.to_thread(check))
    found += await _guarded("blobs", blobs.check(settings))
    found += await _guarded("antivirus", antivirus.check(settings))
    if usable:
        found += await _records(settings)
    return found


async def _guarded(name: str, check: Awaitable[list[Finding]]) -> list[Finding]:
    """What the system refuses to this user is a finding too, and no reason to stop looking at the rest."""
    try:
        return await check
    except OSError as error:
        advice = "run the doctor as the user of the gateway, and give it access to data_dir"
        return [problem(name, f"cannot be looked at: {reason(error)}", advice)]


async def _records(settings: Settings) -> list[Finding]:
    from gateway.app import now, store_for
    from gateway.services import expiring
    from gateway.services.checkup import standing
    from gateway.services.office import PARIS

    store = store_for(settings)
    try:
        await store.open()
        try:
            ending = await expiring.look(store, now(), PARIS)
            return records.check(await standing(store), now(), settings.expiry.default_after, ending)
        finally:
            await store.close()
    except UnavailableError as error:
        return [problem("database", error.message, "try again")]


def show(found: Sequence[Finding]) -> None:
    """A table for people: what is wrong stands out, what is well is one line."""
    from rich.table import Table
    from rich.text import Text

    table = Table("check", "state", "found", "what to do", box=None, pad_edge=False)
    for one in found:
        table.add_row(one.check, Text(one.state, style=_STYLES[one.state]), Text(one.found), Text(one.advice))
    console().print(table)
    problems, warnings = (sum(one.state is state for one in found) for state in (State.PROBLEM, State.WARNING))
    counts = (counted(problems, "problem"), counted(warnings, "warning"), counted(len(found), "check"))
    print(f"\n{', '.join(counts)}.")


def code_of(found: Sequence[Finding]) -> Exit:
    """The house's code: 0 when nothing is a problem."""
    problems = [one for one in found if one.state is State.PROBLEM]
    if any(one.check.startswith("configuration") for one in problems):
        return Exit.INVALID
    if any(one.check == "database" for one in problems):
        return Exit.UNAVAILABLE
    return Exit.FAILED if problems else Exit.OK
