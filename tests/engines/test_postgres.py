"""The embedded server: shared, isolated by database, gone at the end, and the machine is as it was."""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.engines import postgres, required
from tests.engines.postgres import PostgresUnavailableError, drop_database, fresh_database, postgres_server

PROJECT = Path(__file__).parents[2]
MEMBER = """
import sys
from pathlib import Path
from tests.engines.postgres import postgres_server
with postgres_server(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def home(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def only(installation: str) -> Callable[[str, list[str]], list[str]]:
    """For copytree: leaves out the other servers of the wheel."""
    return lambda directory, names: [name for name in names if name.startswith("pginstall") and name != installation]


def join(shared_dir: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", MEMBER, str(shared_dir)]
    return subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True)


def address(member: subprocess.Popen[str]) -> str:
    assert member.stdout is not None
    return member.stdout.readline().strip()


def test_databases_are_copies_of_their_template_and_apart_from_each_other(postgres_url: str) -> None:
    template = fresh_database(postgres_url)
    with psycopg.connect(template) as connection:
        connection.execute("CREATE TABLE noun (word text)")
    one, two = fresh_database(postgres_url, template), fresh_database(postgres_url, urlsplit(template).path[1:])
    with psycopg.connect(one) as connection:
        connection.execute("INSERT INTO noun VALUES ('délai')")
    with psycopg.connect(one) as left, psycopg.connect(two) as right:
        assert left.execute("SELECT word FROM noun").fetchall() == [("délai",)]
        assert right.execute("SELECT word FROM noun").fetchall() == []
    for url in (one, two, template):
        drop_database(postgres_url, url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(one)


def test_sqlalchemy_takes_the_same_address(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() == "postgres"
    engine.dispose()


def test_the_server_is_private_and_not_root(postgres_url: str) -> None:
    status = home(postgres_url).stat()
    assert status.st_mode & 0o777 == 0o700
    assert status.st_uid != 0
    assert os.geteuid() in (0, status.st_uid)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_members_share_one_server_that_ends_with_the_last_even_when_killed(tmp_path: Path) -> None:
    with join(tmp_path) as first, join(tmp_path) as second:
        url = address(first)
        assert address(second) == url
        first.kill()
        first.wait()
        with psycopg.connect(url) as connection:
            connection.execute("SELECT 1")
            second.kill()
            assert select.select([connection], [], [], 30)[0], "the server did not end"
            connection.close()
    with (tmp_path / "postgres.members").open() as members:
        fcntl.flock(members, fcntl.LOCK_SH)  # waits for the keeper
    assert not home(url).exists()
    assert not (tmp_path / "postgres.address").exists()


def test_a_connected_database_is_dropped_all_the_same(postgres_url: str) -> None:
    url = fresh_database(postgres_url)
    with psycopg.connect(url, autocommit=True) as connection:
        drop_database(postgres_url, url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_binaries_that_the_user_cannot_reach_are_copied_and_nothing_is_opened_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installation = postgres._binaries().parent
    for name in (installation.parent.name, f"{installation.parent.name}.libs"):
        shutil.copytree(installation.parent.with_name(name), closed / name, ignore=only(installation.name))
    monkeypatch.setattr(postgres, "_binaries", lambda: closed / installation.parent.name / installation.name / "bin")
    with postgres_server(tmp_path) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert (home(url) / "wheel").is_dir() == (os.geteuid() == 0)  # else the server's user is the owner
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_who_comes_while_the_last_one_leaves_finds_a_server(tmp_path: Path) -> None:
    for _ in range(3):
        with postgres_server(tmp_path) as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "postgres").write_text("#!/bin/sh\necho broken on purpose >&2\nexit 3\n")
    (binaries / "postgres").chmod(0o755)
    monkeypatch.setattr(postgres, "_binaries", lambda: binaries)
    with pytest.raises(PostgresUnavailableError, match="does not start here"), postgres_server(tmp_path):
        pytest.fail("there is no server")
    assert not (tmp_path / "postgres.address").exists()


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_what_is_unavailable_is_skipped_here_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no such engine"):
        required.unavailable("no such engine")
