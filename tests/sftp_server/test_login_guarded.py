"""The door's guards, met by the clients that subscribers use."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import asyncssh
import bcrypt
import paramiko
import pytest

from gateway.domain.identity import Door
from gateway.domain.password_hashes import kind_of
from gateway.domain.referential import SftpAccount
from gateway.domain.sightings import Sighting, mark_of
from gateway.sftp_server.admission import Limits
from gateway.store.passwords import Secrets
from tests.engines.required import unavailable
from tests.sftp_server.conftest import Start
from tests.sftp_server.scene import PASSWORD, Scene, logged_in

NEIGHBOUR = "127.0.0.2"
"""Another address of this machine, as another town hall has."""


def turned_away(scene: Scene, reason: str) -> int:
    return scene.figures.counts[f"logins_refused_total door=SFTP reason={reason}"]


async def fails(scene: Scene, username: str = "rennes", password: str = "wrong", **options: Any) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        async with scene.connect(username, password=password, **options):
            pytest.fail("it was let in")
    await scene.settled()


async def seen(scene: Scene, username: str = "rennes") -> Sighting | None:
    return await scene.office.store.read(lambda tx: tx.sightings.get(Door.SFTP, username))


async def account(scene: Scene, username: str = "rennes") -> SftpAccount:
    found = await scene.office.store.read(lambda tx: tx.accounts.by_username(username))
    assert found is not None
    return found


@pytest.mark.parametrize("username", ["rennes", "nobody"])
async def test_guessing_ends_in_a_wait_that_looks_like_a_wrong_password(scene: Scene, username: str) -> None:
    after = scene.office.policy.penalties.after
    for _ in range(after):
        await fails(scene, username)
    checks = scene.secrets.checks
    assert checks == after
    for options in ({"password": PASSWORD}, {"password": "", "client_keys": [scene.key]}):
        await fails(scene, username, **options)
    assert scene.secrets.checks == checks, "nothing is verified"
    assert turned_away(scene, "penalty") >= 2


async def test_the_neighbours_and_other_accounts_go_on(scene: Scene) -> None:
    for _ in range(scene.office.policy.penalties.after):
        await fails(scene)
    async with scene.connect(local_addr=(NEIGHBOUR, 0)) as conn:
        sftp = await conn.start_sftp_client()
        assert await sftp.exists("/EtatCivil")
    async with scene.connect("brest"):
        pass
    await fails(scene, password=PASSWORD)
    scene.clock.pass_by(scene.office.policy.penalties.first)
    assert await scene.play(lambda sftp: sftp.listdir("/")) == ["CERTDC", "EtatCivil"]


async def test_two_doors_on_one_store_count_together(scene: Scene, tmp_path: Path, key_directory: Path) -> None:
    from gateway.sftp_server.server import SftpServer

    other = SftpServer(
        scene.office,
        host="127.0.0.1",
        port=0,
        host_keys=key_directory,
        spool=tmp_path / "other",
        max_sessions=10,
        login_timeout=30,
        idle_timeout=600,
        answer_max_size=1,
    )
    await other.open()
    try:
        for turn in range(scene.office.policy.penalties.after):
            port = (scene.server if turn % 2 else other).port
            await fails(scene, address=("127.0.0.1", port))
        await fails(scene, password=PASSWORD, address=("127.0.0.1", other.port))
    finally:
        await other.close()
    assert turned_away(scene, "penalty") == 1


async def test_paramiko_is_refused_elsewhere_and_let_in_where_the_account_may_be(scene: Scene) -> None:
    await scene.change_account("rennes", lambda found: replace(found, networks=(f"{NEIGHBOUR}/32",)))

    def attempt() -> None:
        with logged_in(scene.address):
            pytest.fail("it was let in")

    with pytest.raises(paramiko.AuthenticationException):
        await asyncio.to_thread(attempt)
    await scene.settled()
    assert (scene.secrets.checks, turned_away(scene, "network")) == (1, 1)

    def from_there() -> list[str]:
        with socket.create_connection(scene.address, source_address=(NEIGHBOUR, 0)) as sock:
            transport = paramiko.Transport(sock)
            try:
                transport.connect(username="rennes", password=PASSWORD)
                sftp = paramiko.SFTPClient.from_transport(transport)
                assert sftp is not None
                return sorted(sftp.listdir("/"))
            finally:
                transport.close()
                transport.join(10)

    assert await asyncio.to_thread(from_there) == ["CERTDC", "EtatCivil"]


async def test_a_password_whose_day_is_over_is_refused_and_a_key_is_not(scene: Scene) -> None:
    yesterday = date(2026, 3, 1)
    await scene.change_account("rennes", lambda found: replace(found, password_until=yesterday))
    await fails(scene, password=PASSWORD)
    assert turned_away(scene, "expired") == 1
    async with scene.connect(client_keys=[scene.key], password=None):
        pass


async def test_an_imported_password_opens_and_is_hashed_anew(scene: Scene) -> None:
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await scene.change_account("rennes", lambda found: replace(found, password_hash=hashed))
    object.__setattr__(scene.office, "secrets", Secrets(b"a master key of thirty-two bytes"))
    async with scene.connect(client_keys=[scene.key], password=None) as conn:
        before = await conn.start_sftp_client()
        assert await scene.play(lambda sftp: sftp.listdir("/")) == ["CERTDC", "EtatCivil"]
        scene.clock.pass_by(scene.office.policy.penalties.forget)
        assert await before.exists("/EtatCivil"), "sessions that are open go on"
    anew = (await account(scene)).password_hash
    assert anew is not None
    assert (kind_of(anew), anew.startswith("$argon2id$")) == ("argon2", True)
    assert await scene.play(lambda sftp: sftp.listdir("/")) == ["CERTDC", "EtatCivil"]
    assert (await account(scene)).password_hash == anew


async def test_what_software_comes_is_noted(scene: Scene) -> None:
    async with scene.connect(client_version="Legacy_1.0 Éditeur".encode("ascii", "replace").decode()):
        pass
    await scene.settled()
    found = await seen(scene)
    assert found is not None
    assert (found.software, found.seen_at, found.legacy_at) == ("Legacy_1.0 ?diteur", scene.clock(), None)
    assert "gcm" in (found.algorithms or "")
    await fails(scene, "brest")
    assert await seen(scene, "brest") is None, "who was not let in is not noted"


async def test_by_which_key_an_account_came_in_is_noted(scene: Scene) -> None:
    async def uses() -> dict[str, datetime]:
        await scene.settled()
        return await scene.office.store.read(lambda tx: tx.sightings.uses(Door.SFTP, "rennes"))

    async with scene.connect():
        pass
    assert await uses() == {}, "a password is one of none"
    async with scene.connect(client_keys=[scene.key], password=None):
        pass
    assert await uses() == {mark_of(scene.key.public_data): scene.clock()}


async def test_one_account_has_its_share_of_connections(start: Start) -> None:
    scene = await start(limits=Limits(per_account=2))
    async with scene.connect(), scene.connect(client_keys=[scene.key], password=None):
        with pytest.raises((asyncssh.DisconnectError, asyncssh.ChannelOpenError, OSError)):
            async with scene.connect() as conn:
                await conn.start_sftp_client()
        async with scene.connect("brest"):
            assert scene.figures.gauges["sftp_sessions"] == 3
    await scene.settled()
    assert turned_away(scene, "account-connections") == 1
    async with scene.connect():
        pass


async def test_one_address_has_its_share_of_connections(start: Start) -> None:
    scene = await start(limits=Limits(per_address=1))
    async with scene.connect():
        with pytest.raises((asyncssh.DisconnectError, OSError)):
            async with scene.connect("brest"):
                pytest.fail("it was let in")
        async with scene.connect("brest", local_addr=(NEIGHBOUR, 0)):
            pass
    assert turned_away(scene, "address-connections") == 1


async def test_connections_that_say_nothing_keep_nobody_out(start: Start) -> None:
    scene = await start(limits=Limits(half_open=4))
    silent = [await asyncio.open_connection(*scene.address) for _ in range(4)]
    greetings = [await reader.read(4) for reader, _ in silent]
    assert greetings.count(b"SSH-") == 2
    assert turned_away(scene, "half-open") == 2
    async with scene.connect(local_addr=(NEIGHBOUR, 0)):
        pass
    for _, writer in silent:
        writer.close()
    await scene.settled()


async def test_channels_are_counted_as_they_are_opened(start: Start) -> None:
    scene = await start(limits=Limits(channels=2))
    async with scene.connect() as conn:
        opened = [await conn.start_sftp_client() for _ in range(2)]
        with pytest.raises(asyncssh.ChannelOpenError, match="Too many channels"):
            await conn.start_sftp_client()
        opened[0].exit()
        await opened[0].wait_closed()
        async with await conn.start_sftp_client() as again:
            assert await again.exists("/EtatCivil")
    assert turned_away(scene, "channels") == 1


async def test_openssh_logs_in_with_its_key_and_is_known_by_its_name(
    scene: Scene, tmp_path: Path, lines: list[MutableMapping[str, Any]]
) -> None:
    program = shutil.which("sftp")
    if program is None:
        unavailable("the OpenSSH client (sftp) is not installed: apt-get install openssh-client")
    key = tmp_path / "key"
    scene.key.write_private_key(str(key))
    os.chmod(key, 0o600)
    host, port = scene.address
    options = [
        "-oStrictHostKeyChecking=no",
        f"-oUserKnownHostsFile={tmp_path / 'known'}",
        "-oBatchMode=yes",
        "-F",
        "none",
    ]
    process = await asyncio.create_subprocess_exec(
        program, "-i", str(key), *options, "-P", str(port), "-b", "-", f"rennes@{host}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(b"ls /\n")
    assert process.returncode == 0, err.decode()
    assert b"EtatCivil" in out
    await scene.settled()
    found = await seen(scene)
    assert found is not None
    assert (found.software or "").startswith("OpenSSH")
    assert not any("OpenSSH" in str(line) for line in lines), "it is noted, not logged"
