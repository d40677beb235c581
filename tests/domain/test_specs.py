"""A spec survives JSON, whatever it asks for; another value is refused."""

from __future__ import annotations

import json
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.identity import Mode
from gateway.domain.moves import DualRun, Selection, Spec, StopRules, Subscriber, WaveSize
from gateway.domain.specs import spec_of, spec_value
from gateway.domain.switches import InFlight
from gateway.domain.windows import Window

WHOLE = Spec(
    "bretagne",
    Selection(("EtatCivil",), Mode.SFTP, None, ("22",), (Subscriber("21350238800019"),), (), (("SI-1-2", "E"),)),
    Mode.API,
    via=DualRun(timedelta(days=14), 20, timedelta(days=30)),
    in_flight=InFlight.DRAIN,
    drain_for=timedelta(days=7),
    waves=(WaveSize(count=5), WaveSize(percent=12.5, pause=timedelta(days=2)), WaveSize(percent=100.0)),
    window=Window(frozenset({0, 3}), time(6), time(12)),
    stop_when=StopRules(0.02, timedelta(hours=4), 0.01),
    automatic=True,
)


@given(st.builds(Spec, st.text(), st.builds(Selection), st.sampled_from(Mode), via=st.none()))
def test_a_spec_survives_json(spec: Spec) -> None:
    assert spec_of(json.loads(json.dumps(spec_value(spec)))) == spec


def test_everything_that_a_spec_can_say_survives() -> None:
    assert spec_of(json.loads(json.dumps(spec_value(WHOLE)))) == WHOLE


@pytest.mark.parametrize("change", [{"to": "FAX"}, {"window": None}, {"waves": [{}]}, {"select": {}}])
def test_another_value_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        spec_of(spec_value(WHOLE) | change)
