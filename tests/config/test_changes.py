from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.config import Settings
from gateway.config.changes import LIVE, changes
from gateway.config.settings import Limits, Retention, Tokens
from gateway.domain.statuses import Status


def wanted(**sections: Any) -> Settings:
    return Settings.model_validate(sections)


def test_what_can_change_is_taken_and_what_cannot_is_named() -> None:
    found = changes(
        Settings(),
        wanted(
            limits={"json_max_size": 5},
            tokens={"lifetime": timedelta(minutes=3)},
            http={"port": 9},
            database={"url": "postgresql://user:hidden@host/name"},
            operator={"company_register": "21990000100011"},
        ),
    )
    assert found.applied == ("tokens.lifetime", "limits.json_max_size")
    assert found.restart == ("database.url", "http.port", "operator.companyRegister")
    assert found.settings.limits == Limits(json_max_size=5)
    assert found.settings.tokens == Tokens(lifetime=timedelta(minutes=3))
    assert found.settings.http == Settings().http
    assert "hidden" not in repr(found)


def test_no_change_is_none() -> None:
    found = changes(Settings(), Settings())
    assert (found.settings, found.applied, found.restart) == (Settings(), (), ())


def test_a_key_that_waits_for_a_restart_is_named_until_then() -> None:
    first = changes(Settings(), wanted(http={"port": 9}))
    second = changes(first.settings, wanted(http={"port": 9}, retention={"doors": timedelta(days=1)}))
    assert (second.applied, second.restart) == (("retention.doors",), ("http.port",))
    assert second.settings.retention == Retention(doors=timedelta(days=1))


def test_the_table_of_answer_codes_changes_as_a_whole() -> None:
    found = changes(Settings(), wanted(answers={"codes": {7: Status.DONE}}))
    assert found.applied == ("answers.codes",)
    assert found.settings.answers.codes == {7: Status.DONE}


@pytest.mark.parametrize("key", sorted(LIVE))
def test_every_live_key_exists(key: str) -> None:
    node: Any = Settings()
    for name in key.split("."):
        assert name in type(node).model_fields
        node = getattr(node, name)


@pytest.mark.parametrize("section", ["http", "sftp", "data_dir", "database", "blobs", "host_keys", "secrets"])
def test_what_is_opened_at_the_start_waits_for_the_next_one(section: str) -> None:
    assert not [key for key in LIVE if key.partition(".")[0] == section]
