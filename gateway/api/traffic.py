"""How many requests run, and whether new ones are still wanted."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Traffic:
    """A context manager around every request; `draining` once the door stops."""

    def __init__(self) -> None:
        self.draining = False
        self.running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __enter__(self) -> Traffic:
        self.running += 1
        self._idle.clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.running -= 1
        if not self.running:
            self._idle.set()

    async def idle(self, timeout: float) -> bool:
        """Waits until nothing runs, at most `timeout` seconds; False when something still does."""
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True
