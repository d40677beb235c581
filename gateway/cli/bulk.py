"""What `gateway bulk …` does: many subscriptions, credentials or organizations, from CSV files."""

from __future__ import annotations

import json as encoding
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.cli.bulk_rows import Rows, read_mergers, read_named, read_rotations
from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError, described
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import console, print_json
from gateway.config import ConfigurationError
from gateway.services import merging, retiring, rotating, suspending
from gateway.services.bulk import Outcome, RefusedRowsError, RowFault
from gateway.services.retiring import UNUSED

if TYPE_CHECKING:
    from gateway.config import Settings
    from gateway.domain.identity import Caller
    from gateway.services.merging import Merged, Merger
    from gateway.services.office import Office
    from gateway.services.rotating import Rotated
    from gateway.services.suspending import StatusChange

T = TypeVar("T")
Verb = Callable[["Office", "Caller"], Awaitable[T]]


def change_status(
    file: Path, config: Path | None, *, resume: bool, reason: str | None, dry_run: bool, json: bool
) -> None:
    """Suspends or resumes the subscriptions of a file. Raises ConfigurationError with every fault."""
    rows, named = read_named(file)
    verb = suspending.resume if resume else suspending.suspend
    done = _carried_out(
        rows,
        settings_of(config),
        "resume" if resume else "suspend",
        lambda office, caller: verb(office, caller, named, reason, dry_run=dry_run),
    )
    if json:
        print_json({"dryRun": dry_run, "rows": [_status(one) for one in done]})
        return
    table = [
        (one.outcome.value, one.organization, one.process, one.before.value, one.after.value, str(one.open.total))
        for one in done
    ]
    _show(("", "organization", "process", "from", "to", "open deliveries"), table)
    _sum(done, dry_run=dry_run)


def rotate(
    file: Path,
    config: Path | None,
    *,
    credentials_out: Path | None,
    print_secrets: bool,
    retire_after: timedelta | None,
    dry_run: bool,
    json: bool,
) -> None:
    """Gives the credentials of a file their next ones. Secrets go to a new file, or are printed where asked for.

    Raises ConfigurationError with every fault, CommandError when the secrets have nowhere to go.
    """
    rows, wanted = read_rotations(file)
    makes = any(row.public_key is None for row in wanted)
    if makes and not dry_run and credentials_out is None and not print_secrets:
        raise CommandError("Secrets will be made: say where with --credentials-out or --print-secrets", Exit.USAGE)

    async def verb(office: Office, caller: Caller) -> list[Rotated]:
        when = None if retire_after is None else office.clock() + retire_after
        return await rotating.rotate(office, caller, wanted, retire_at=when, keep=keep, dry_run=dry_run)

    def keep(made: Sequence[Rotated]) -> None:
        if out is not None:
            _write(out, made)

    settings = settings_of(config)
    out = _new_file(credentials_out) if credentials_out is not None and makes and not dry_run else None
    try:
        done = _carried_out(rows, settings, "rotate", verb)
    except ConfigurationError:  # nothing was changed; after any other failure the secrets may be the present ones
        if credentials_out is not None and out is not None:
            credentials_out.unlink()
        raise
    finally:
        if out is not None:
            os.close(out)
    told = print_secrets and not dry_run
    if json:
        print_json({"dryRun": dry_run, "rows": [_rotated(one, told=told) for one in done]})
        return
    _show(
        ("", "credential", "organization", ""),
        [(one.outcome.value, one.name, one.organization, one.what) for one in done],
    )
    if told:
        for one in done:
            if one.secret is not None:
                print(f"{one.name}: {one.secret}")
    if out is not None and credentials_out is not None:
        print(f"\nThe secrets are in {credentials_out.name}, and nowhere else.")
    _sum(done, dry_run=dry_run)


def retire(file: Path, config: Path | None, *, unused_too: bool, dry_run: bool, json: bool) -> None:
    """Ends what the credentials of a file had before they were rotated. Raises ConfigurationError with every fault.

    A credential whose new secret or key nobody has used is one, but for `unused_too`.
    """
    rows, wanted = read_rotations(file)

    async def verb(office: Office, caller: Caller) -> list[Rotated]:
        try:
            return await retiring.retire(office, caller, wanted, unused_too=unused_too, dry_run=dry_run)
        except RefusedRowsError as refused:
            raise RefusedRowsError([_with_the_way_out(fault) for fault in refused.faults]) from None

    done = _carried_out(rows, settings_of(config), "retire", verb)
    if json:
        print_json({"dryRun": dry_run, "rows": [_rotated(one, told=False) for one in done]})
        return
    _show(
        ("", "credential", "organization", ""),
        [(one.outcome.value, one.name, one.organization, one.what) for one in done],
    )
    _sum(done, dry_run=dry_run)


def merge(file: Path, config: Path | None, *, dry_run: bool, json: bool) -> None:
    """Gives the cases of organizations to others, row by row; what was done before is passed over.

    Raises ConfigurationError with everything that stands in the way, before the first row; CommandError that says how
    far it came when a row fails all the same.
    """
    rows, wanted = read_mergers(file)
    settings = settings_of(config)

    async def verb(office: Office, caller: Caller) -> tuple[list[Merged], str | None]:
        planned, faults = await merging.plan(office, caller, wanted)
        if faults:
            raise RefusedRowsError(faults)
        return (planned, None) if dry_run else await _merged(office, caller, wanted)

    done, failure = _carried_out(rows, settings, "merge", verb)
    if json:
        print_json({"dryRun": dry_run, "failure": failure, "rows": [_merger(one) for one in done]})
    else:
        table = [
            (one.outcome.value, one.source, one.target, str(len(one.processes)), str(one.cases), str(one.open))
            for one in done
        ]
        _show(("", "source", "target", "processes", "cases", "open deliveries"), table)
        cases, opened = sum(one.cases for one in done), sum(one.open for one in done)
        print(f"\n{cases} cases and {opened} open deliveries {'would move' if dry_run else 'moved'}.")
    if failure is not None:
        left = len(wanted) - len(done)
        raise CommandError(f"{failure}\nRows left: {left}. Run the same file again to go on", Exit.FAILED)


async def _merged(office: Office, caller: Caller, wanted: Sequence[Merger]) -> tuple[list[Merged], str | None]:
    done: list[Merged] = []
    for row in wanted:
        try:
            done.append(await merging.merge(office, caller, row))
        except Exception as error:  # what was done before is done: it is told whatever happened
            return done, f"{row.source} → {row.target}: {described(error)}"
    return done, None


def _carried_out(rows: Rows, settings: Settings, name: str, verb: Verb[T]) -> T:
    try:
        return at_the_office(settings, f"{COMMAND} bulk {name}", verb)
    except RefusedRowsError as refused:
        raise rows.placed(refused.faults) from None


def _with_the_way_out(fault: RowFault) -> RowFault:
    """A fault that an option of the command passes over says so."""
    return replace(fault, message=f"{fault.message}, or take --unused-too") if fault.message == UNUSED else fault


def _new_file(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{path.name} exists already: secrets are not written over another file, name a new one"
        raise CommandError(message, Exit.REFUSED) from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise CommandError(f"{path.name} cannot be made: {reason}", Exit.REFUSED) from None


def _write(descriptor: int, made: Sequence[Rotated]) -> None:
    """The secrets, on the disk before any of them counts."""
    said = [{"name": one.name, "organization": one.organization, "secret": one.secret} for one in made if one.secret]
    with open(os.dup(descriptor), "w", encoding="utf-8") as file:
        file.write(encoding.dumps({"credentials": said}, ensure_ascii=False, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _show(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.table import Table

    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console().print(table)


def _sum(done: Sequence[StatusChange] | Sequence[Rotated], *, dry_run: bool) -> None:
    changed = sum(one.outcome is Outcome.CHANGED for one in done)
    print(f"\n{changed} of {len(done)} {'would change' if dry_run else 'changed'}.")


def _status(one: StatusChange) -> dict[str, Any]:
    return {
        "outcome": one.outcome,
        "organization": one.organization,
        "process": one.process,
        "from": one.before,
        "to": one.after,
        "open": one.open.total,
    }


def _rotated(one: Rotated, *, told: bool) -> dict[str, Any]:
    shown = {"outcome": one.outcome, "name": one.name, "organization": one.organization, "what": one.what}
    return shown | ({"secret": one.secret} if told and one.secret else {})


def _merger(one: Merged) -> dict[str, Any]:
    return {
        "outcome": one.outcome,
        "source": one.source,
        "target": one.target,
        "processes": list(one.processes),
        "cases": one.cases,
        "open": one.open,
    }
