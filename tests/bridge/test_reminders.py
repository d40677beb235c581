"""The log and the figure of what ends soon."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from gateway.bridge.reminders import Reminders
from gateway.services.office import Office
from tests.journeys.offices import Clock
from tests.services.scene import change_account


async def test_each_process_shows_the_figure_and_one_writes_the_lines(
    office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []
    monkeypatch.setattr(office.meter, "gauge", lambda _, change: shown.append(change))
    await change_account(office, "rennes", password_hash="a hash", password_until=(clock() + timedelta(days=10)).date())
    one, other = Reminders(office), Reminders(office)
    with capture_logs() as lines:
        assert (await one.tell(), await other.tell(), await one.tell()) == (1, 0, 0)
    (line,) = lines
    assert (line["event"], line["account"], line["kind"], line["days"]) == (
        "credential ends soon",
        "rennes",
        "password",
        10,
    )
    assert shown == [1, 1, 0]
    clock.pass_by(timedelta(days=20))
    with capture_logs() as lines:
        assert await other.tell() == 1
    assert lines[0]["event"] == "credential has ended"
    await change_account(office, "rennes", password_until=None)
    await one.tell()
    assert shown[-1] == -1
