"""One node's look at what may go wrong around the gateway."""

from __future__ import annotations

import asyncio
import shutil
import socket
from pathlib import Path

import structlog

from gateway.services import vigilance
from gateway.services.office import Office

log = structlog.get_logger(__name__)


class Vigil:
    """`data` is where the bytes are kept; less room than `least` bytes is trouble, and so are `logins` that wait."""

    def __init__(self, office: Office, data: Path, *, least: int, logins: int) -> None:
        self._office, self._data, self._least, self._logins = office, data, least, logins

    async def look(self) -> int:
        """Looks now; answers how many alerts were queued."""
        free = (await asyncio.to_thread(shutil.disk_usage, self._data)).free
        if free < self._least:
            log.warning("little room is left", free=free, least=self._least)
        told = await vigilance.look_at_room(self._office, socket.gethostname(), free, self._least)
        return told + await vigilance.look_at_logins(self._office, self._logins)
