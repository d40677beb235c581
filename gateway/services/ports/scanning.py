"""Port on the antivirus."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class TooLargeToScanError(Exception):
    """The antivirus does not look at as many bytes as these."""


class Scanner(Protocol):
    """An antivirus; see `bridge.clamd`."""

    async def scan(self, size: int, pieces: AsyncIterator[bytes]) -> str | None:
        """The name of what was found in `size` bytes, or None when they are clean.

        Raises TooLargeToScanError; UnavailableError when nobody can tell now.
        """
