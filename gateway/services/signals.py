"""Tells whoever waits in this process that something was published; what it is they look up themselves."""

from __future__ import annotations

from collections.abc import Callable


class Signals:
    """Rung by verbs after their transaction, on the loop of their door. Other processes hear nothing of it."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` from now on, until what this returns is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def published(self) -> None:
        """There may be something new for somebody."""
        for listener in tuple(self._listeners):
            listener()
