"""Tells operators, in the log and the metrics, of passwords and keys that end soon."""

from __future__ import annotations

import structlog

from gateway.services import expiring
from gateway.services.office import Office

log = structlog.get_logger(__name__)


class Reminders:
    """One process's: each shows the figure, one of them all writes the lines of a day."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._shown = 0

    async def tell(self) -> int:
        """Looks now; answers how many lines were written."""
        found, first = await expiring.remind(self._office)
        self._office.meter.gauge("credentials_expiring", len(found) - self._shown)
        self._shown = len(found)
        now = self._office.clock()
        for one in found if first else ():
            event = "credential has ended" if one.ends_at <= now else "credential ends soon"
            log.warning(event, account=one.username, kind=one.kind, days=one.days(now), key=one.position or None)
        return len(found) if first else 0
