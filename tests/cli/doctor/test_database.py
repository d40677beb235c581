from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway import app
from gateway.cli.doctor import database
from gateway.cli.doctor.database import check
from gateway.config import Settings
from gateway.config.settings import Database
from gateway.store import inspection
from tests.cli.doctor.states import said, states


def at(url: str) -> Settings:
    return Settings(database=Database(url=SecretStr(url)))


def test_none_yet(settings: Settings) -> None:
    found, usable = check(settings)
    assert (states(found), usable) == ({"database": "warning"}, False)
    assert not settings.data_dir.exists()


def test_one_that_is_prepared(settings: Settings) -> None:
    app.prepare(settings)
    found, usable = check(settings)
    assert usable
    assert states(found) == {"database": "ok", "database.schema": "ok", "database.durability": "ok"}
    assert "journal mode wal, synchronous full" in said(found, "database.durability")


def test_one_without_schema(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "gateway.db").write_bytes(b"")
    found, usable = check(settings)
    assert not usable
    assert states(found)["database.schema"] == "warning"
    assert states(found)["database.durability"] == "problem"


def test_one_that_is_no_database(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "gateway.db").write_bytes(b"no database at all" * 100)
    assert states(check(settings)[0]) == {"database": "problem"}


def test_one_out_of_reach_tells_no_password() -> None:
    found, usable = check(at("postgresql://nobody:hidden@127.0.0.1:9/none"))
    assert (states(found), usable) == ({"database": "problem"}, False)
    assert "hidden" not in said(found, "database")


def test_postgresql_and_its_clock(postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = at(postgres_database)
    found, usable = check(settings)
    assert usable
    assert states(found)["database"] == states(found)["database.schema"] == states(found)["database.clock"] == "ok"
    for apart, state in ((10, "warning"), (100, "problem")):
        present = app.now
        monkeypatch.setattr(database, "now", lambda apart=apart, present=present: present() + timedelta(seconds=apart))
        assert states(check(settings)[0])["database.clock"] == state


def test_a_later_schema_is_a_problem(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app.prepare(settings)
    known = inspection.inspect(app.database_url(settings))
    assert known is not None
    later = inspection.Inspection("SQLite", "9999", known.durability)
    monkeypatch.setattr(inspection, "inspect", lambda _: later)
    found, usable = check(settings)
    assert (states(found)["database.schema"], usable) == ("problem", False)
