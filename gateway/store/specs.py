"""What a file of moves asks for, as JSON: every default spelt out, durations in seconds, times as HH:MM:SS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import time, timedelta
from typing import Any

from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import DualRun, Selection, Spec, StopRules, Subscriber, WaveSize
from gateway.domain.switches import InFlight
from gateway.domain.windows import Window
from gateway.store.values import from_json, to_json


def spec_text(spec: Spec) -> str:
    """The JSON of a specification."""
    return to_json(_plain(asdict(spec)))


def spec_of(text: str) -> Spec:
    """The specification in such a JSON."""
    found = from_json(text)
    window, via, stop = found["window"], found["via"], found["stop_when"]
    return Spec(
        name=found["name"],
        select=_selection(found["select"]),
        to=Mode(found["to"]),
        transport=Transport(found["transport"]),
        via=None
        if via is None
        else DualRun(timedelta(seconds=via["at_least"]), via["equal_deliveries"], _duration(via["or_all_within"])),
        in_flight=InFlight(found["in_flight"]),
        drain_for=_duration(found["drain_for"]),
        waves=tuple(
            WaveSize(wave["count"], wave["percent"], timedelta(seconds=wave["pause"])) for wave in found["waves"]
        ),
        window=Window(
            frozenset(window["days"]),
            time.fromisoformat(window["begins"]),
            None if window["ends"] is None else time.fromisoformat(window["ends"]),
        ),
        stop_when=StopRules(
            stop["failed_deliveries_over"], _duration(stop["undelivered_age_over"]), stop["error_rate_over"]
        ),
        automatic=found["automatic"],
    )


def _selection(found: Mapping[str, Any]) -> Selection:
    return Selection(
        processes=tuple(found["processes"]),
        mode=None if found["mode"] is None else Mode(found["mode"]),
        transport=None if found["transport"] is None else Transport(found["transport"]),
        departments=tuple(found["departments"]),
        subscribers=tuple(Subscriber(**one) for one in found["subscribers"]),
        exclude=tuple(Subscriber(**one) for one in found["exclude"]),
        listed=None if found["listed"] is None else tuple((one, other) for one, other in found["listed"]),
    )


def _duration(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, time) else value
