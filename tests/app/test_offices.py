"""What the wiring makes of the settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway import app
from gateway.config import Settings
from gateway.domain.errors import UnavailableError
from gateway.domain.statuses import Status
from gateway.services.office import Policy
from tests.journeys.conftest import keys
from tests.journeys.gateways import settings_for

__all__ = ["keys"]


async def test_commands_are_refused_on_a_database_that_is_not_prepared(tmp_path: Path, keys: Path) -> None:
    settings = settings_for(tmp_path, keys)
    with pytest.raises(UnavailableError, match="gateway db upgrade"):
        async with app.office_for(settings):
            pytest.fail("opened")


def test_preparing_twice_is_harmless_and_the_directory_is_private(tmp_path: Path, keys: Path) -> None:
    settings = settings_for(tmp_path / "new" / "data", keys)
    app.prepare(settings)
    app.prepare(settings)
    assert (tmp_path / "new" / "data").stat().st_mode & 0o077 == 0


def test_the_database_is_in_the_data_directory_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    assert app.database_url(Settings(data_dir=tmp_path)) == f"sqlite:///{tmp_path / 'gateway.db'}"
    elsewhere = Settings.model_validate({"database": {"url": "postgresql://u@h/n"}})
    assert app.database_url(elsewhere) == "postgresql://u@h/n"


def test_without_configuration_verbs_have_the_figures_they_are_documented_with() -> None:
    found, documented = app.policy(Settings()), Policy()
    for name in ("token_lifetime", "expire_after", "grace", "partial_after", "retention", "answer_codes", "zone"):
        assert getattr(found, name) == getattr(documented, name), name


def test_the_figures_of_the_configuration_reach_the_verbs() -> None:
    settings = Settings.model_validate(
        {
            "tokens": {"lifetime": timedelta(minutes=5)},
            "limits": {"attachment_max_size": 1, "answer_max_size": 2, "answer_max_entries": 3, "answer_max_ratio": 4},
            "answers": {"codes": {7: Status.DONE}, "grace": timedelta(0), "partial_after": timedelta(minutes=6)},
            "outbox": {
                "first_delay": timedelta(seconds=1),
                "ceiling": timedelta(seconds=2),
                "max_attempts": 3,
                "timeout": timedelta(seconds=4),
                "batch": 5,
            },
            "expiry": {"default_after": timedelta(days=8)},
            "retention": {"doors": timedelta(days=9)},
        }
    )
    found = app.policy(settings)
    assert (found.token_lifetime, found.expire_after, found.retention) == (
        timedelta(minutes=5),
        timedelta(days=8),
        timedelta(days=9),
    )
    assert (found.attachment_max_size, found.answer_max_size) == (1, 2)
    assert (found.answer_limits.entries, found.answer_limits.ratio) == (3, 4)
    assert (found.answer_codes, found.grace, found.partial_after) == (
        {7: Status.DONE},
        timedelta(0),
        timedelta(minutes=6),
    )
    assert (found.retry.first, found.retry.ceiling, found.retry.attempts) == (
        timedelta(seconds=1),
        timedelta(seconds=2),
        3,
    )
    assert (found.outgoing_timeout, found.outgoing_batch) == (timedelta(seconds=4), 5)


def test_now_is_whole_milliseconds_in_utc() -> None:
    assert app.now().microsecond % 1000 == 0
    assert app.now().utcoffset() == timedelta(0)


def test_an_antivirus_is_there_when_it_has_an_address() -> None:
    assert app.scanner(Settings()) is None
    settings = Settings.model_validate({"antivirus": {"address": "localhost:3310", "when_away": "accept"}})
    assert app.scanner(settings) is not None
    found = app.policy(settings)
    assert (found.accept_unscanned, found.accept_too_large) == (True, False)
    assert app.policy(Settings()).zip_bounds == Policy().zip_bounds
    limits = {"attachment_max_entries": 1, "attachment_max_expanded": 2, "attachment_max_ratio": 3}
    bounds = app.policy(Settings.model_validate({"limits": {**limits, "attachment_max_nesting": 4}})).zip_bounds
    assert (bounds.entries, bounds.total, bounds.ratio, bounds.nesting) == (1, 2, 3, 4)
