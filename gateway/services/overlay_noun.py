"""What a stage shows of a noun of the store without an overlay before it."""

from __future__ import annotations

from typing import Any


class Noun:
    """A noun on a stage: of the real one the `readings` alone, and what a subclass adds; nothing else exists."""

    def __init__(self, real: Any, *readings: str) -> None:
        self._real = real
        self._readings = frozenset(readings)

    def __getattr__(self, name: str) -> Any:
        if name in self._readings:
            return getattr(self._real, name)
        raise AttributeError(f"{type(self._real).__name__}.{name} is not to be had in a dual run")
