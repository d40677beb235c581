"""What a file of moves asks for, as JSON has it: kept with the move, and written into the plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import DualRun, Selection, Spec, StopRules, Subscriber, WaveSize
from gateway.domain.switches import InFlight
from gateway.domain.windows import Window


def spec_value(spec: Spec) -> dict[str, Any]:
    """The JSON value of a spec, every default spelt out; durations in seconds."""
    return {
        "move": spec.name,
        "select": _selection_value(spec.select),
        "to": spec.to.value,
        "transport": spec.transport.value,
        "via": None if spec.via is None else _dual_run_value(spec.via),
        "in_flight": spec.in_flight.value,
        "drain_for": _seconds(spec.drain_for),
        "waves": [
            {"count": one.count, "percent": one.percent, "pause": one.pause.total_seconds()} for one in spec.waves
        ],
        "window": {
            "days": sorted(spec.window.days),
            "begins": spec.window.begins.isoformat(),
            "ends": None if spec.window.ends is None else spec.window.ends.isoformat(),
        },
        "stop_when": {
            "failed_deliveries_over": spec.stop_when.failed_deliveries_over,
            "undelivered_age_over": _seconds(spec.stop_when.undelivered_age_over),
            "error_rate_over": spec.stop_when.error_rate_over,
        },
        "automatic": spec.automatic,
    }


def spec_of(value: Mapping[str, Any]) -> Spec:
    """The spec of such a value. Raises KeyError, TypeError or ValueError for another one."""
    select, window, stop = value["select"], value["window"], value["stop_when"]
    listed = select["listed"]
    return Spec(
        name=str(value["move"]),
        select=Selection(
            processes=tuple(map(str, select["processes"])),
            mode=None if select["mode"] is None else Mode(select["mode"]),
            transport=None if select["transport"] is None else Transport(select["transport"]),
            departments=tuple(map(str, select["departments"])),
            subscribers=tuple(map(_subscriber, select["subscribers"])),
            exclude=tuple(map(_subscriber, select["exclude"])),
            listed=None if listed is None else tuple((str(one), str(process)) for one, process in listed),
        ),
        to=Mode(value["to"]),
        transport=Transport(value["transport"]),
        via=None if value["via"] is None else _dual_run(value["via"]),
        in_flight=InFlight(value["in_flight"]),
        drain_for=_duration(value["drain_for"]),
        waves=tuple(WaveSize(one["count"], one["percent"], timedelta(seconds=one["pause"])) for one in value["waves"]),
        window=Window(
            frozenset(map(int, window["days"])),
            time.fromisoformat(window["begins"]),
            None if window["ends"] is None else time.fromisoformat(window["ends"]),
        ),
        stop_when=StopRules(
            stop["failed_deliveries_over"], _duration(stop["undelivered_age_over"]), stop["error_rate_over"]
        ),
        automatic=bool(value["automatic"]),
    )


def _selection_value(select: Selection) -> dict[str, Any]:
    return {
        "processes": list(select.processes),
        "mode": None if select.mode is None else select.mode.value,
        "transport": None if select.transport is None else select.transport.value,
        "departments": list(select.departments),
        "subscribers": [_subscriber_value(one) for one in select.subscribers],
        "exclude": [_subscriber_value(one) for one in select.exclude],
        "listed": None if select.listed is None else [list(pair) for pair in select.listed],
    }


def _subscriber_value(one: Subscriber) -> dict[str, str | None]:
    return {"company_register": one.company_register, "branch_code": one.branch_code}


def _subscriber(value: Mapping[str, Any]) -> Subscriber:
    branch = value["branch_code"]
    return Subscriber(str(value["company_register"]), None if branch is None else str(branch))


def _dual_run_value(via: DualRun) -> dict[str, Any]:
    return {
        "at_least": via.at_least.total_seconds(),
        "equal_deliveries": via.equal_deliveries,
        "or_all_within": _seconds(via.or_all_within),
    }


def _dual_run(value: Mapping[str, Any]) -> DualRun:
    at_least = timedelta(seconds=value["at_least"])
    return DualRun(at_least, int(value["equal_deliveries"]), _duration(value["or_all_within"]))


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _duration(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
