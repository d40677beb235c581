from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncssh
import pytest
import structlog

from gateway.domain.referential import SftpAccount
from gateway.sftp_server.legacy import check, may_use_old
from gateway.sftp_server.negotiated import Negotiated
from tests.sftp_server.scene import RENNES, START, Scene

OLD = Negotiated("diffie-hellman-group14-sha1", "ssh-rsa", "aes128-ctr", "hmac-sha1", "")
MODERN = Negotiated("curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256", "ssh-ed25519")
ACCOUNT = SftpAccount("id", RENNES, "rennes", legacy_algorithms_until=date(2026, 3, 2))
LOG = structlog.get_logger()


def test_an_exception_holds_to_the_end_of_its_last_day() -> None:
    assert may_use_old(ACCOUNT, START)
    assert not may_use_old(ACCOUNT, datetime(2026, 3, 3, tzinfo=ZoneInfo("UTC")))
    assert not may_use_old(replace(ACCOUNT, legacy_algorithms_until=None), START)


async def test_modern_logins_are_not_counted(scene: Scene) -> None:
    check(scene.office, LOG, ACCOUNT, MODERN)
    assert not scene.figures.counts


async def test_old_ones_are_counted_by_subscriber_and_warned_about(
    scene: Scene, lines: list[MutableMapping[str, Any]]
) -> None:
    check(scene.office, LOG, ACCOUNT, OLD)
    assert list(scene.figures.counts) == [f"legacy_logins_total account=rennes organization={RENNES} outcome=accepted"]
    (line,) = [line for line in lines if line["event"] == "old algorithms"]
    assert (line["log_level"], line["until"], line["outcome"]) == ("warning", "2026-03-02", "accepted")
    assert line["algorithms"] == "diffie-hellman-group14-sha1 ssh-rsa hmac-sha1"


async def test_without_an_exception_both_languages_say_why(scene: Scene) -> None:
    with pytest.raises(asyncssh.DisconnectError, match=r"hmac-sha1 : mettez.*This account takes current algorithms"):
        check(scene.office, LOG, replace(ACCOUNT, legacy_algorithms_until=date(2026, 3, 1)), OLD)
    assert list(scene.figures.counts) == [f"legacy_logins_total account=rennes organization={RENNES} outcome=refused"]
