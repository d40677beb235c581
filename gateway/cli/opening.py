"""What every command that works on the store begins with: settings, schema, office."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gateway.cli.person import person

if TYPE_CHECKING:
    from gateway.config import Settings
    from gateway.domain.identity import Caller
    from gateway.services.office import Office

T = TypeVar("T")


def settings_of(config: Path | None) -> Settings:
    """The settings of a file and the environment. Raises ConfigurationError with every fault."""
    from gateway.config import load_settings

    return load_settings(config, os.environ)


def embedded(settings: Settings) -> bool:
    """Whether the rows are in the embedded engine, which prepares itself."""
    url = settings.database.url.get_secret_value()
    return not url or url.startswith("sqlite:")


def at_the_office(settings: Settings, actor: str, verb: Callable[[Office, Caller], Awaitable[T]]) -> T:
    """Runs one verb on the opened store for who works here, by the command `actor`; an embedded store is prepared.

    The journal names both.
    """
    from gateway.app import office_for, prepare
    from gateway.services.office import gateway_caller

    async def run() -> T:
        async with office_for(settings) as office:
            return await verb(office, gateway_caller(office, f"{actor} ({person()})"))

    if embedded(settings):
        prepare(settings)
    return asyncio.run(run())
