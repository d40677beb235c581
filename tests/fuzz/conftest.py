"""One open door for a whole module of examples, and a watch on everything that it must not do."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.fuzz.door import Door, opened_door
from tests.fuzz.profiles import FUZZ
from tests.sftp_server.conftest import client_key, key_directory

__all__ = ["FUZZ", "client_key", "key_directory"]


@contextmanager
def _loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    """Settings of the door that are not the usual ones; a module that needs some has a fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def door(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    key_directory: Path,
    client_key: asyncssh.SSHKey,
    settings: dict[str, Any],
) -> Iterator[Door]:
    """The door, open until the module ends; then nothing of all the examples may be left in it."""
    directory = tmp_path_factory.mktemp("fuzzed-door")
    database = Path(shutil.copy(sqlite_template, directory / "gateway.db"))
    context = partial(opened_door, database=database, directory=directory, key_directory=key_directory)
    with _loop() as runner, context(runner, client_key=client_key, **settings) as door:
        yield door
        door.check_left()
