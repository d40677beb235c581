"""What the demo asserts: each step says what was expected and what was seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from rich.markup import escape

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds within which what happens behind the doors must show."""
_INTERVAL: Final = 0.05


class DemoFailure(Exception):  # noqa: N818 (what the demo is there to find)
    """A step went wrong; the message says what was expected and what was seen."""


class Checks:
    """Prints each step and each thing that held; raises DemoFailure at the first that did not."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self.held = 0

    def scene(self, title: str) -> None:
        """A new part of the story."""
        self._out.print(f"\n[bold]── {escape(title)} ──[/bold]")

    def step(self, who: str, what: str) -> None:
        """Somebody does something."""
        self._out.print(f"\n[bold cyan]{escape(who)}[/bold cyan] {escape(what)}")

    def note(self, text: str) -> None:
        """Something that the person should know."""
        self._out.print(f"  [dim]{escape(text)}[/dim]")

    def equal(self, what: str, expected: object, seen: object) -> None:
        """`seen` must be what was expected."""
        if seen != expected:
            raise DemoFailure(f"{what}\n  expected: {expected}\n  seen:     {seen}")
        self.held += 1
        shown = f": {expected}" if isinstance(expected, (str, int)) and len(str(expected)) <= 60 else ""
        self._out.print(f"  [green]✓[/green] {escape(what)}{escape(shown)}")

    def true(self, what: str, holds: bool, seen: object = "") -> None:
        """Something must hold; `seen` is shown when it does not."""
        if not holds:
            raise DemoFailure(f"{what}\n  seen: {seen or 'it does not hold'}")
        self.held += 1
        self._out.print(f"  [green]✓[/green] {escape(what)}")

    async def soon(self, what: str, expected: T, look: Callable[[], Awaitable[T]]) -> T:
        """What `look` sees must become what is expected within PATIENCE."""
        deadline = time.monotonic() + PATIENCE
        seen = await look()
        while seen != expected and time.monotonic() < deadline:
            await asyncio.sleep(_INTERVAL)
            seen = await look()
        self.equal(what, expected, seen)
        return seen
