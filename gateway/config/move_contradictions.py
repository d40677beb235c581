"""Rules of a file of moves that contradict each other, each told at the key that is too much or too little."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.config.faults import Fault
from gateway.config.located import Located, dotted
from gateway.config.move_models import MoveModel, SubscriberRow, SubscriptionRow
from gateway.domain.identity import Mode, Transport
from gateway.domain.switches import InFlight

_FILTERS = ("process", "mode", "transport", "department", "organizations", "subscriptions", "list")


def contradictions(document: Located, model: MoveModel) -> Iterator[Fault]:
    """Every rule of a well-formed file that cannot hold beside another one."""
    for path, message in (*_selected(model), *_listed(model), *_target(model), *_before(model), *_in_waves(model)):
        yield _at(document, path).fault(dotted(path), message, at_key=True)


Found = Iterator[tuple[tuple[str | int, ...], str]]


def _selected(model: MoveModel) -> Found:
    select = model.select
    if not any(getattr(select, name) for name in _FILTERS):
        yield ("select",), f"would be every subscription there is: give at least one of {', '.join(_FILTERS)}"
    if select.transport is not None and select.mode not in (None, Mode.SFTP):
        yield ("select", "transport"), f"goes with mode SFTP alone, not with {select.mode}"
    for number, row in enumerate(select.exclude):
        if row in select.exclude[:number]:
            yield ("select", "exclude", number), "is given twice"
        elif any(_within(one, row) for one in select.organizations):
            yield ("select", "exclude", number), "leaves out what `organizations` names: take it out of one of them"
    for number, row in enumerate(select.organizations):
        if row in select.organizations[:number]:
            yield ("select", "organizations", number), "is given twice"


def _listed(model: MoveModel) -> Found:
    rows = model.select.subscriptions
    if rows and model.select.list is not None:
        yield ("select", "subscriptions"), "goes without `list`: name the subscriptions in one of them"
    seen: set[SubscriptionRow] = set()
    for number, row in enumerate(rows):
        if row in seen:
            yield ("select", "subscriptions", number), "is given twice"
        seen.add(row)


def _target(model: MoveModel) -> Found:
    select, to = model.select, model.to
    source = Mode.SFTP if select.transport else select.mode
    if model.transport is not None and to is not Mode.SFTP:
        yield ("transport",), f"goes with `to: SFTP` alone, not with {to}"
    elif source is to:
        wanted = model.transport or Transport.PULL
        if to is not Mode.SFTP or (model.transport is None and select.transport is None) or select.transport is wanted:
            yield ("to",), f"is the mode of what is selected: subscriptions in mode {to} stay as they are"


def _before(model: MoveModel) -> Found:
    between_transports = model.to is Mode.SFTP and (
        model.select.mode is Mode.SFTP or model.select.transport is not None
    )
    if model.in_flight is InFlight.DRAIN and model.drain_for is None:
        yield ("in_flight",), "drain needs to know how long it may take: give `drain_for`, for example 7d"
    if model.in_flight is InFlight.CARRY and model.drain_for is not None:
        yield ("drain_for",), "goes with `in_flight: drain` alone: what is carried needs no time"
    if model.in_flight is InFlight.DRAIN and between_transports:
        yield ("in_flight",), "drain has nothing to do between two transports: the door stays the same"
    if model.via is None:
        return
    run = model.via.dual_run
    if run.or_all_within is not None and run.or_all_within < run.at_least:
        yield ("via", "dual_run", "or_all_within"), "ends before `at_least` is over"
    if model.to is Mode.SFTP and model.transport is Transport.PUSH:
        yield ("via", "dual_run"), "cannot rehearse push: the subscriber's server would get everything twice"
    elif between_transports:
        yield ("via", "dual_run"), "cannot rehearse between two transports: there is no second door"


def _in_waves(model: MoveModel) -> Found:
    percent = 0.0
    for number, wave in enumerate(model.waves):
        if percent >= 100:
            yield ("waves", number), "is left with nothing: the waves before it take 100%"
            return
        percent += wave.size.percent or 0


def _within(one: SubscriberRow, other: SubscriberRow) -> bool:
    """Whether everything that `one` means is meant by `other`."""
    return one.company_register == other.company_register and other.branch_code in (None, one.branch_code)


def _at(document: Located, path: tuple[str | int, ...]) -> Located:
    node = document
    for step in path:
        node = node.child(step) or node
    return node
