"""What is offered, and when a change of it shows."""

from __future__ import annotations

import shutil
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import structlog

from gateway.sftp_server import host_keys
from gateway.sftp_server.offers import Offers
from tests.sftp_server.scene import Scene


@pytest.fixture
def directory(key_directory: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(key_directory, tmp_path / "keys"))


@pytest.fixture
async def offers(scene: Scene, directory: Path) -> Offers:
    found = Offers(scene.office, directory, structlog.get_logger())
    await found.open()
    return found


async def test_nothing_is_offered_before_the_keys_are_read(scene: Scene, directory: Path) -> None:
    with pytest.raises(RuntimeError):
        _ = Offers(scene.office, directory, structlog.get_logger()).offer


async def test_an_offer_stands_for_a_while(scene: Scene, offers: Offers) -> None:
    first = await offers.current()
    assert offers.fresh
    scene.clock.pass_by(timedelta(seconds=10))
    assert not offers.fresh
    assert await offers.current() is first, "nothing changed"
    assert offers.fresh


async def test_an_exception_shows_when_the_offer_is_read_again(scene: Scene, offers: Offers) -> None:
    await scene.change_account("rennes", lambda one: replace(one, legacy_algorithms_until=date(2026, 3, 2)))
    assert not (await offers.current()).legacy
    scene.clock.pass_by(timedelta(seconds=10))
    assert (await offers.current()).legacy
    scene.clock.pass_by(timedelta(days=1))
    assert not (await offers.current()).legacy


async def test_a_new_key_shows_and_is_not_yet_used(scene: Scene, offers: Offers, directory: Path) -> None:
    before = offers.offer.pairs[b"ssh-ed25519"].public_data
    host_keys.make(directory / f"ssh_host_ed25519_key{host_keys.NEXT}", "ssh-ed25519", {})
    scene.clock.pass_by(timedelta(seconds=10))
    offer = await offers.current()
    assert [key.get_algorithm() for key in offer.keys] == ["ssh-ed25519", "ssh-rsa", "ssh-ed25519"]
    assert offer.pairs[b"ssh-ed25519"].public_data == before
    assert offer.lists.host_keys == [b"ssh-ed25519", b"rsa-sha2-512", b"rsa-sha2-256"]


async def test_what_cannot_be_read_again_stays(
    scene: Scene, offers: Offers, directory: Path, lines: list[MutableMapping[str, Any]]
) -> None:
    first = offers.offer
    (directory / "ssh_host_ed25519_key").write_bytes(b"damaged")
    scene.clock.pass_by(timedelta(seconds=10))
    assert await offers.current() is first
    assert [line["error"] for line in lines if line["event"] == "the offer stays as it was"] == ["HostKeyError"]


async def test_the_old_way_to_sign_has_a_pair_of_its_own(offers: Offers) -> None:
    pairs = offers.offer.pairs
    assert pairs[b"ssh-rsa"].sig_algorithm == b"ssh-rsa"
    assert len({id(pair) for pair in pairs.values()}) == 4
    assert b"ssh-rsa" not in offers.offer.lists.host_keys
    assert isinstance(offers.offer.keys[0], asyncssh.SSHKey)
