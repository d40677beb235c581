"""`gateway moves plan`: a file of moves planned, shown to people or scripts, and written down to be applied."""

from __future__ import annotations

import json as text
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.certificates import new_file
from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import console, moment, plain

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.plans import Plan, Planned
    from gateway.services.office import Office

_MOST: Final = 10


def plan(file: Path, out: Path | None, config: Path | None, *, json: bool, every: bool) -> None:
    """Plans a file, shows the plan and writes it to a new file where wanted. Raises ConfigurationError with places."""
    from gateway.config.moves import read_move
    from gateway.domain.plans import UnplannableError
    from gateway.services import planning

    found = read_move(file)
    if out is not None and out.exists():
        raise CommandError(f"{out.name} exists already: choose another name", Exit.USAGE)

    async def verb(office: Office, caller: Caller) -> Plan:
        return await planning.plan(office, caller, found.spec)

    try:
        made = at_the_office(settings_of(config), f"{COMMAND} moves", verb)
    except UnplannableError as error:
        raise found.placed(error) from None
    if out is not None:
        write_plan(made, out)
    if json:
        _print_json(made)
        return
    _show(made, every=every)
    if out is None:
        print("\nNothing was written. With -o plan.json it can be approved and applied.")
    else:
        print(f"\nWritten to {out.name}, digest {made.digest}. Next: gateway moves apply {out.name}")


def write_plan(plan: Plan, out: Path) -> None:
    """Writes a plan to a new file. Raises CommandError when there is one of that name."""
    from gateway.domain.plans import lines

    with new_file(out) as opened:
        opened.writelines(lines(plan))


def read_plan(file: Path) -> Plan:
    """The plan in a file. Raises CommandError naming the first line that is not as it was written."""
    from gateway.domain.plans import PlanFileError, read

    try:
        with file.open(encoding="utf-8") as opened:
            return read(opened)
    except OSError as error:
        raise CommandError(f"{file.name} cannot be read: {error.strerror}", Exit.USAGE) from None
    except UnicodeDecodeError:
        raise CommandError(f"{file.name} is no text: not as `gateway moves plan` writes it", Exit.INVALID) from None
    except PlanFileError as error:
        raise CommandError(f"{file.name}, {error}", Exit.INVALID) from None


def _show(plan: Plan, *, every: bool) -> None:
    spec = plan.spec
    rule = f"drained for {_days(spec.drain_for.total_seconds())}" if spec.drain_for else "carried"
    print(f"{spec.name}: {plan.moving} subscriptions to mode {_target(plan)}; what is open is {rule}.")
    _show_waves(plan)
    if plan.untried:
        _show_untried(plan, every=every)
    blocked = plan.planned[plan.moving :]
    if blocked:
        _show_blocked(blocked, every=every)
    _show_in_flight(plan, every=every)
    if plan.unchanged:
        print(f"\nIn that mode already, and left alone: {plan.unchanged}.")


def _show_waves(plan: Plan) -> None:
    from rich.table import Table

    from gateway.domain.windows import ZONE

    begins = "not before"
    if plan.spec.via is not None:
        begins = "rehearses from"
    table = Table("wave", begins, "subscriptions", "organizations", "in flight", box=None, pad_edge=False)
    start = 0
    for wave in plan.waves:
        rows = plan.planned[start : start + wave.size]
        start += wave.size
        table.add_row(
            str(wave.number),
            f"{wave.starts_at.astimezone(ZONE):%a} {moment(wave.starts_at)}",
            str(wave.size),
            str(len({row.organization for row in rows})),
            str(sum(row.in_flight for row in rows)),
        )
    moving = plan.planned[: plan.moving]
    organizations, flying = len({row.organization for row in moving}), sum(row.in_flight for row in moving)
    table.add_row("all", "", str(plan.moving), str(organizations), str(flying))
    print()
    console().print(table)


def _show_untried(plan: Plan, *, every: bool) -> None:
    from gateway.domain.readiness import RECENT

    waves = [(one, row.wave) for one, row in zip(plan.planned, plan.rows(), strict=True) if one.warning is not None]
    print(f"\nNot tried: {len(waves)}. Nobody has used their new credential within {RECENT.days} days.")
    print("Whoever has not tried it when their turn comes is not switched, and reported.")
    for one, wave in waves if every else waves[:_MOST]:
        print(f"  wave {wave}: {one.organization} → {one.process}")
    _more(len(waves), every=every, indent="  ")


def _show_blocked(blocked: Iterable[Planned], *, every: bool) -> None:
    grouped: dict[str, list[Planned]] = defaultdict(list)
    for row in blocked:
        grouped[row.reason or ""].append(row)
    print(f"\nBlocked: {sum(map(len, grouped.values()))}. They stay as they are.")
    for reason, rows in sorted(grouped.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"  {len(rows)}: {reason}")
        for row in rows if every else rows[:_MOST]:
            print(f"    {row.organization} → {row.process}")
        _more(len(rows), every=every, indent="    ")


def _show_in_flight(plan: Plan, *, every: bool) -> None:
    flying: Counter[str] = Counter()
    for row in plan.planned[: plan.moving]:
        flying[row.organization] += row.in_flight
    found = sorted(((count, name) for name, count in flying.items() if count), key=lambda one: (-one[0], one[1]))
    if not found:
        print("\nNothing is in flight.")
        return
    print("\nIn flight now, by subscriber:")
    for count, name in found if every else found[:_MOST]:
        print(f"  {count:>7}  {name}")
    _more(len(found), every=every, indent="  ")


def _more(count: int, *, every: bool, indent: str) -> None:
    if not every and count > _MOST:
        print(f"{indent}… and {count - _MOST} more, with --all")


def _target(plan: Plan) -> str:
    from gateway.domain.identity import Mode

    return f"{plan.spec.to} ({plan.spec.transport})" if plan.spec.to is Mode.SFTP else str(plan.spec.to)


def _days(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:g}s"


def _print_json(plan: Plan) -> None:
    """One JSON document, written row by row."""
    head: dict[str, Any] = {
        "move": plan.spec.name,
        "to": plan.spec.to,
        "transport": plan.spec.transport,
        "plannedAt": plan.planned_at,
        "digest": plan.digest,
        "moving": plan.moving,
        "blocked": len(plan.planned) - plan.moving,
        "untried": plan.untried,
        "unchanged": plan.unchanged,
        "waves": [{"number": one.number, "size": one.size, "startsAt": one.starts_at} for one in plan.waves],
    }
    out = sys.stdout
    out.write(text.dumps(plain(head), ensure_ascii=False, indent=2).removesuffix("\n}") + ',\n  "rows": [')
    for number, (row, one) in enumerate(zip(plan.rows(), plan.planned, strict=True)):
        value = {
            "id": one.id,
            "organization": one.organization,
            "process": one.process,
            "wave": row.wave or None,
            "from": {"accessMode": one.mode, "transport": one.transport, "epoch": one.epoch},
            "inFlight": one.in_flight,
            "blocked": one.reason,
            "warning": one.warning,
        }
        out.write((",\n    " if number else "\n    ") + text.dumps(value, ensure_ascii=False))
    out.write("\n  ]\n}\n")
