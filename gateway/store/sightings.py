"""What was last seen of each credential: one row, written over."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from gateway.domain.identity import Door
from gateway.domain.sightings import Sighting
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import sightings
from gateway.store.values import at, from_ms, to_ms

_c = sightings.c
_NOTE = Statement(
    lambda insert: (
        insert(sightings)
        .values(
            door=bindparam("at_door"),
            credential=bindparam("who"),
            seen_at=bindparam("seen"),
            software=bindparam("names_itself"),
            algorithms=bindparam("speaks"),
            legacy_at=bindparam("legacy"),
        )
        .on_conflict_do_update(
            index_elements=[_c.door, _c.credential],
            set_={
                "seen_at": bindparam("seen"),
                "software": bindparam("names_itself"),
                "algorithms": bindparam("speaks"),
                "legacy_at": func.coalesce(bindparam("legacy"), _c.legacy_at),
            },
        )
    )
)
_GET = Statement(
    select(_c.seen_at, _c.software, _c.algorithms, _c.legacy_at).where(
        _c.door == bindparam("at_door"), _c.credential == bindparam("who")
    )
)


class Sightings:
    """Rows of `sightings`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, door: Door, credential: str) -> Sighting | None:
        """What is known of one."""
        row = self._session.row(_GET, at_door=door, who=credential)
        if row is None:
            return None
        return Sighting(door, credential, at(row[0]), row[1], row[2], from_ms(row[3]))

    def note(self, seen: Sighting) -> None:
        """Writes it over what is known; when legacy algorithms were last used is kept."""
        self._session.run(
            _NOTE,
            at_door=seen.door,
            who=seen.credential,
            seen=to_ms(seen.seen_at),
            names_itself=seen.software,
            speaks=seen.algorithms,
            legacy=to_ms(seen.legacy_at),
        )
