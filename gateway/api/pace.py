"""How fast a body must come in, so that nobody holds a connection open by dripping."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """At least `least` bytes per second, judged over `window` seconds of waiting for the client.

    Only waiting counts: the time that the door needs itself, to write to a disk for example, is not the client's.
    """

    least: float
    window: float
    _waited: float = 0.0
    _came: int = 0

    def kept(self, waited: float, came: int) -> bool:
        """Whether the client keeps up, after it let the door wait `waited` seconds for `came` bytes."""
        self._waited += waited
        self._came += came
        if self._waited < self.window:
            return True
        fast = self._came >= self.least * self._waited
        self._waited, self._came = 0.0, 0
        return fast
