"""What a dual run showed by the gateway, beside what each of the subscriber's two systems wrote down meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain.fates import Fate
from gateway.domain.identity import Mode
from gateway.domain.rehearsals import Compared, Likeness
from gateway.domain.rehearsals import Comparison as Result
from tools.simulate.comparison import BY_STATUS, Comparison, Standing, about
from tools.simulate.ledger import Said, What
from tools.simulate.subscribers import FINAL, Run


def disagreements(comparison: Comparison, run: Run, result: Result) -> Iterator[str]:
    """Every delivery of which the gateway says in a dual run that has ended what a ledger does not bear out."""
    for row in result.rows:
        fate = comparison.fates.get(row.delivery_id)
        if fate is None:
            yield f"dual run: delivery {row.delivery_id} was compared, and the journal never heard of it"
            continue
        for fault in _row(comparison, run, result.owner, row, fate):
            yield f"dual run: delivery {row.delivery_id} ({row.archive}), {row.likeness}: {fault}"


def _row(comparison: Comparison, run: Run, owner: Mode, row: Compared, fate: Fate) -> Iterator[str]:
    named = about(fate)
    lines = [one for one in comparison.said if one.about in named and _before_end(one, run)]
    one_side = [one for one in lines if _mode(one) is owner]
    two_side = [one for one in lines if _mode(one) is run.mode and one.at >= run.begun]
    if row.likeness is Likeness.EQUAL:
        for mode, side in ((owner, one_side), (run.mode, two_side)):
            if not side:
                yield f"{mode} knows nothing of it"
        yield from _finals(owner, one_side, [one for one in two_side if _strictly(comparison, one)])
        return
    for mode, side in ((owner, one_side), (run.mode, two_side)):
        unknown = "fetched by neither" in row.differences or f"fetched by {_other(owner, run, mode)} only" in (
            row.differences
        )
        if unknown and any(_fetched(one, fate, run) for one in side):
            yield f"{mode} has it whole"


def _finals(owner: Mode, one_side: list[Said], two_side: list[Said]) -> Iterator[str]:
    believed = {one.status for one in two_side if one.what in (What.ANSWERED, *BY_STATUS)} & set(FINAL)
    said = {one.status for one in one_side if one.what in (What.ANSWERED, *BY_STATUS)}
    if believed - said:
        yield f"the system that rehearsed said {', '.join(sorted(believed))}, and {owner} did not"


def _other(owner: Mode, run: Run, mode: Mode) -> Mode:
    return run.mode if mode is owner else owner


def _fetched(one: Said, fate: Fate, run: Run) -> bool:
    """Whether a line says for certain that the delivery was had whole before the end of the run."""
    return one.what is What.FETCHED and fate.published_at < one.at and run.ended is not None and one.at < run.ended


def _strictly(comparison: Comparison, one: Said) -> bool:
    return comparison.standing(one) is Standing.REHEARSED


def _before_end(one: Said, run: Run) -> bool:
    return run.ended is None or one.at <= run.ended


def _mode(one: Said) -> Mode:
    return Mode.API if one.door == "API" else Mode.SFTP
