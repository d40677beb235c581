"""What a client assumes of an object that it wants to change, checked in the transaction of the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.domain.errors import ConflictError


@dataclass(frozen=True, slots=True)
class Precondition:
    """`holds` tells of the object, as the client would read it now, whether it is what the client has seen."""

    holds: Callable[[Any], bool]

    def check(self, view: Any, noun: str, status: str) -> None:
        """Raises ConflictError that names the present status when the object has changed since."""
        if not self.holds(view):
            raise ConflictError(
                f"{noun} is not what If-Match names any more: its status is {status}. Read it again", {"status": status}
            )
