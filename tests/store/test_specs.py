"""Specifications of moves come back from their JSON as they were."""

from __future__ import annotations

from datetime import time, timedelta

from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import DualRun, Selection, Spec, StopRules, Subscriber, WaveSize
from gateway.domain.switches import InFlight
from gateway.domain.windows import Window
from gateway.store.specs import spec_of, spec_text

DAY = timedelta(days=1)
PLAIN = Spec("plain", Selection(), Mode.API)
WHOLE = Spec(
    "bretagne",
    Selection(
        ("EtatCivil", "CERTDC"),
        Mode.SFTP,
        Transport.PUSH,
        ("22", "2A"),
        (Subscriber("21350238800019"),),
        (Subscriber("21350238800019", "35238"),),
        (("SI-21350238800019-35238", "EtatCivil"),),
    ),
    Mode.SFTP,
    Transport.PULL,
    DualRun(14 * DAY, 20, 30 * DAY),
    InFlight.DRAIN,
    7 * DAY,
    (WaveSize(5), WaveSize(percent=12.5), WaveSize(percent=100.0, pause=2 * DAY)),
    Window(frozenset({0, 3}), time(6, 30), time(12)),
    StopRules(0.02, timedelta(hours=4), 0.01),
    automatic=True,
)


def test_everything_comes_back_as_it_was() -> None:
    assert spec_of(spec_text(PLAIN)) == PLAIN
    assert spec_of(spec_text(WHOLE)) == WHOLE


def test_the_same_specification_is_the_same_text() -> None:
    assert spec_text(WHOLE) == spec_text(spec_of(spec_text(WHOLE)))
    assert '"days":[0,3]' in spec_text(WHOLE)
