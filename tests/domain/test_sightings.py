"""When a sighting is worth a write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.identity import Door
from gateway.domain.sightings import EVERY, LONGEST, Sighting, readable

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SEEN = Sighting(Door.SFTP, "rennes", NOW, "OpenSSH_9.2", "curve25519-sha256")
MOMENT = timedelta(milliseconds=1)


def test_the_first_one_is_and_the_next_an_hour_later() -> None:
    assert SEEN.adds_to(None)
    assert not replace(SEEN, seen_at=NOW + EVERY - MOMENT).adds_to(SEEN)
    assert replace(SEEN, seen_at=NOW + EVERY).adds_to(SEEN)


@pytest.mark.parametrize("change", [{"software": "lftp"}, {"algorithms": "old"}, {"legacy_at": NOW}])
def test_something_new_is(change: dict[str, object]) -> None:
    assert replace(SEEN, **change).adds_to(SEEN)  # type: ignore[arg-type]  # one field or another
    assert not replace(SEEN, legacy_at=NOW).adds_to(replace(SEEN, legacy_at=NOW))


def test_what_a_client_says_of_itself_is_kept_short_and_printable() -> None:
    assert readable("Éditeur 1.0") == "Éditeur 1.0"
    assert readable("a\x00b\x1b[2J\udcff") == "a\ufffdb\ufffd[2J\ufffd"
    assert readable("x" * 1000) == "x" * LONGEST
    assert readable("") is readable(None) is None
