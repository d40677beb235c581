"""Who waits in a process is told that something was published."""

from __future__ import annotations

import pytest

from gateway.services.office import Office
from gateway.services.signals import Signals
from tests.journeys.offices import deposited
from tests.services.scene import NUMBER, complement


def test_every_listener_hears_it_until_it_stops_listening() -> None:
    signals, heard = Signals(), list[str]()
    stop = signals.listen(lambda: heard.append("first"))
    signals.listen(lambda: heard.append("second"))
    signals.published()
    stop()
    signals.published()
    assert heard == ["first", "second", "second"]


@pytest.mark.usefixtures("declared")
async def test_what_is_published_is_in_the_store_when_it_is_heard(office: Office) -> None:
    heard = list[str]()
    office.signals.listen(lambda: heard.append("published"))
    case_id = (await deposited(office, NUMBER, "brest")).cases[0].id
    assert heard == ["published"]
    await complement(office, case_id)
    assert len(heard) > 1
