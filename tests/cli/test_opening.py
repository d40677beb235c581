from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.opening import at_the_office, embedded, settings_of
from gateway.cli.person import person
from gateway.config import ConfigurationError, Settings
from gateway.domain.errors import UnavailableError
from gateway.domain.identity import Caller, Door, Role
from gateway.services.office import Office


def test_settings_come_from_file_and_environment(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY__HTTP__PORT", "1234")
    found = settings_of(config)
    assert (str(found.data_dir), found.http.port) == ("var", 1234)
    config.write_text("nonsense: 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"gateway\.yaml:1:1: nonsense"):
        settings_of(config)


def test_only_sqlite_prepares_itself(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert embedded(settings_of(config))
    monkeypatch.setenv("GATEWAY__DATABASE__URL", "sqlite:///other.db")
    assert embedded(settings_of(config))
    monkeypatch.setenv("GATEWAY__DATABASE__URL", "postgresql://nobody@127.0.0.1:9/none")
    assert not embedded(settings_of(config))


def test_a_verb_runs_as_the_gateway_itself(settings: Settings) -> None:
    async def verb(office: Office, caller: Caller) -> Caller:
        assert await office.store.read(lambda tx: tx.organizations.get(office.gateway))
        return caller

    caller = at_the_office(settings, "gateway test", verb)
    assert (caller.role, caller.door, caller.actor) == (Role.ADMIN, Door.GATEWAY, f"gateway test ({person()})")


def test_a_database_that_is_not_prepared_is_unavailable(
    config: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY__DATABASE__URL", postgres_url)

    async def verb(office: Office, caller: Caller) -> None:
        raise AssertionError("not reached")

    with pytest.raises(UnavailableError, match="gateway db upgrade"):
        at_the_office(settings_of(config), "gateway test", verb)
