"""Files of moves: what a team asks for, read whole; every fault is told with its line and column.

A list of subscriptions (`select: {list: …}`) is a CSV file beside the file of moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.loading import read_document
from gateway.config.located import Located, dotted
from gateway.config.move_contradictions import contradictions
from gateway.config.move_list import Listed, read_list
from gateway.config.move_models import MoveModel, SelectModel, SubscriberRow
from gateway.config.validation import validate
from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import DualRun, Selection, Spec, StopRules, Subscriber, WaveSize
from gateway.domain.plans import PlanFault, UnplannableError
from gateway.domain.windows import Window


@dataclass(frozen=True, slots=True)
class MoveFile:
    """A file that was read: what it asks for, and where it says so."""

    spec: Spec
    document: Located
    listed: tuple[Listed, ...] = ()

    def placed(self, error: UnplannableError) -> ConfigurationError:
        """What stands against the plan of this file, each where the file (or its list) asks for it."""
        return ConfigurationError(map(self._placed, error.found))

    def _placed(self, fault: PlanFault) -> Fault:
        path = fault.path
        if len(path) == 3 and path[:2] == ("select", "list"):
            if self.listed:
                return self.listed[int(path[2])].row.fault("", fault.message)
            path = ("select", "subscriptions", path[2])
        node, deep = self.document, 0
        while deep < len(path) and (below := node.child(path[deep])) is not None:
            node, deep = below, deep + 1
        return node.fault(dotted(path[:deep]), fault.message, at_key=True)


def read_move(path: Path) -> MoveFile:
    """What a file of moves asks for. Raises ConfigurationError with every fault of it and its list."""
    return understood(read_document(path), lambda name: read_list(path.parent / name))


def understood(document: Located, read: Callable[[str], tuple[Listed, ...]]) -> MoveFile:
    """What a document asks for; `read` gives the list of a name. Raises ConfigurationError with every fault of both."""
    model = validate(MoveModel, document)
    faults = list(contradictions(document, model))
    listed: tuple[Listed, ...] = ()
    if model.select.list is not None:
        try:
            listed = read(model.select.list)
        except ConfigurationError as error:
            faults += error.faults
    if faults:
        raise ConfigurationError(faults)
    return MoveFile(_spec(model, listed), document, listed)


def _spec(model: MoveModel, listed: tuple[Listed, ...]) -> Spec:
    waves = tuple(replace(wave.size, pause=wave.pause) for wave in model.waves)
    begins, ends = model.window.hours
    return Spec(
        name=model.move,
        select=_selection(model.select, listed),
        to=model.to,
        transport=model.transport or Transport.PULL,
        via=DualRun(**dict(model.via.dual_run)) if model.via else None,
        in_flight=model.in_flight,
        drain_for=model.drain_for,
        waves=waves or (WaveSize(percent=100.0),),
        window=Window(frozenset(model.window.days), begins, ends),
        stop_when=StopRules(**dict(model.stop_when)),
        automatic=model.approve == "automatic",
    )


def _selection(model: SelectModel, listed: tuple[Listed, ...]) -> Selection:
    pairs = tuple((row.organization, row.process) for row in listed)
    pairs += tuple((one.organization, one.process) for one in model.subscriptions)
    return Selection(
        processes=model.process,
        mode=Mode.SFTP if model.transport else model.mode,
        transport=model.transport,
        departments=model.department,
        subscribers=_subscribers(model.organizations),
        exclude=_subscribers(model.exclude),
        listed=pairs or None,
    )


def _subscribers(rows: tuple[SubscriberRow, ...]) -> tuple[Subscriber, ...]:
    return tuple(Subscriber(row.company_register, row.branch_code) for row in rows)
