"""What was last seen of each credential: one row, written over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from gateway.domain.identity import Door
from gateway.domain.sightings import Sighting
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import secret_uses, sightings
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


_u = secret_uses.c
_of_credential = _u.door == bindparam("at_door"), _u.credential == bindparam("who")
_USE = Statement(
    lambda insert: (
        insert(secret_uses)
        .values(door=bindparam("at_door"), credential=bindparam("who"), mark=bindparam("by"), used_at=bindparam("seen"))
        .on_conflict_do_update(index_elements=[_u.door, _u.credential, _u.mark], set_={"used_at": bindparam("seen")})
    )
)
_USES = Statement(select(_u.mark, _u.used_at).where(*_of_credential))
_FORGET = Statement(delete(secret_uses).where(*_of_credential, _u.mark == bindparam("by")))


class Sightings:
    """Rows of `sightings`, and of `secret_uses`: when each secret or key was last used."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, door: Door, credential: str) -> Sighting | None:
        """What is known of one."""
        row = self._session.row(_GET, at_door=door, who=credential)
        if row is None:
            return None
        return Sighting(door, credential, at(row[0]), row[1], row[2], from_ms(row[3]))

    def note(self, seen: Sighting) -> None:
        """Writes it over what is known; when legacy algorithms and other secrets were last used is kept."""
        self._session.run(
            _NOTE,
            at_door=seen.door,
            who=seen.credential,
            seen=to_ms(seen.seen_at),
            names_itself=seen.software,
            speaks=seen.algorithms,
            legacy=to_ms(seen.legacy_at),
        )
        if seen.mark is not None:
            self._session.run(_USE, at_door=seen.door, who=seen.credential, by=seen.mark, seen=to_ms(seen.seen_at))

    def uses(self, door: Door, credential: str) -> dict[str, datetime]:
        """When each secret or key of a credential was last used, by its mark."""
        return {mark: at(used) for mark, used in self._session.rows(_USES, at_door=door, who=credential)}

    def forget(self, door: Door, credential: str, mark: str) -> None:
        """Forgets a secret or key that has ended."""
        self._session.run(_FORGET, at_door=door, who=credential, by=mark)
