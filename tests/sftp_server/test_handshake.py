"""Which algorithms a connection may use, and how its client proves itself, as foreign clients find it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh.packet import Byte, String, UInt32

from gateway.sftp_server import algorithms, handshake
from gateway.sftp_server.algorithms import for_old_clients
from gateway.sftp_server.negotiated import negotiated
from tests.sftp_server.openssh import identity, listing, openssh
from tests.sftp_server.scene import Scene

pytestmark = pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
UNTIL = date(2026, 3, 31)
OLD: list[dict[str, Any]] = [
    {"kex_algs": ["diffie-hellman-group14-sha1"]},
    {"kex_algs": ["diffie-hellman-group-exchange-sha1"]},
    {"encryption_algs": ["aes256-cbc"]},
    {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha1"]},
    {"server_host_key_algs": ["ssh-rsa"]},
]


def plain(payload: bytes) -> bytes:
    """A packet as it is before keys were exchanged."""
    padding = 16 - (len(payload) + 5) % 8
    return UInt32(len(payload) + padding + 1) + Byte(padding) + payload + bytes(padding)


IGNORE = plain(Byte(2) + String(b""))
REFUSED = "legacy_logins_total account=brest organization=SI-21290019700018-29019 outcome=refused"
ACCEPTED = "legacy_logins_total account=rennes organization=SI-21350238800019-35238 outcome=accepted"


async def _except(scene: Scene, username: str = "rennes", until: date | None = UNTIL) -> None:
    await scene.change_account(username, lambda account: replace(account, legacy_algorithms_until=until))
    scene.clock.pass_by(timedelta(seconds=11))


@pytest.mark.parametrize("old", OLD)
async def test_an_exception_opens_the_door_to_an_old_client(scene: Scene, old: dict[str, Any]) -> None:
    await _except(scene)
    async with scene.connect(**old) as conn:
        assert await (await conn.start_sftp_client()).listdir("/")
        (connection,) = scene.server._connections
        assert set(negotiated(connection.ssh).old) & {name for names in old.values() for name in names}
    assert scene.figures.counts[ACCEPTED] == 1


@pytest.mark.parametrize("old", OLD)
async def test_without_one_the_right_password_is_told_why(scene: Scene, old: dict[str, Any]) -> None:
    await _except(scene)
    with pytest.raises(asyncssh.DisconnectError, match="demandez une exception"):
        async with scene.connect("brest", **old):
            pytest.fail("it was let in")
    assert scene.figures.counts[REFUSED] == 1
    assert scene.figures.counts["logins_total door=SFTP outcome=accepted"] == 0


@pytest.mark.parametrize("username", ["brest", "nobody"])
async def test_a_wrong_password_learns_nothing(scene: Scene, username: str) -> None:
    await _except(scene)
    with pytest.raises(asyncssh.PermissionDenied, match="Permission denied"):
        async with scene.connect(username, password="faux", **OLD[0]):
            pytest.fail("it was let in")
    assert scene.figures.counts[REFUSED] == 0


async def test_the_exception_ends_with_its_last_day(scene: Scene) -> None:
    await _except(scene)
    scene.clock.pass_by(timedelta(days=29))
    async with scene.connect(**OLD[0]):
        assert scene.clock().date() == UNTIL
    scene.clock.pass_by(timedelta(days=1))
    with pytest.raises(asyncssh.KeyExchangeFailed):
        async with scene.connect(**OLD[0]):
            pytest.fail("it was let in")


async def test_the_exception_of_an_account_that_is_off_opens_nothing(scene: Scene) -> None:
    await scene.change_account("brest", lambda account: replace(account, enabled=False))
    await _except(scene, "brest")
    with pytest.raises(asyncssh.KeyExchangeFailed):
        async with scene.connect(**OLD[0]):
            pytest.fail("it was let in")


async def test_who_knows_modern_algorithms_uses_them_whatever_comes_first(scene: Scene) -> None:
    """As old Java clients do, that ask for hmac-sha1 before anything else and know better ones."""
    await _except(scene)
    async with scene.connect(
        "brest",
        kex_algs=["diffie-hellman-group14-sha1", "ecdh-sha2-nistp256"],
        encryption_algs=["aes128-cbc", "aes128-ctr"],
        mac_algs=["hmac-sha1", "hmac-sha2-256"],
        server_host_key_algs=["ssh-rsa", "rsa-sha2-256"],
    ):
        (connection,) = scene.server._connections
        found = negotiated(connection.ssh)
        assert found.text == "ecdh-sha2-nistp256 rsa-sha2-256 aes128-ctr hmac-sha2-256"


async def test_a_client_that_waits_for_our_lists_gets_them(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "PATIENCE", 0)
    await _except(scene)
    await scene.server._offers.current()
    reader, writer = await asyncio.open_connection(*scene.address)
    writer.write(b"SSH-2.0-patient\r\n")
    await reader.readline()
    packet = await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
    writer.close()
    assert b",diffie-hellman-group14-sha1" in packet
    assert b",aes128-cbc" in packet


async def test_a_key_may_sign_over_sha1_only_with_an_exception(scene: Scene, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    line = key.export_public_key().decode()
    await scene.change_account("rennes", lambda account: replace(account, public_keys=(line,)))
    path = identity(tmp_path, key)
    old = ("PubkeyAcceptedAlgorithms=ssh-rsa",)
    refused = await openssh(scene, "sftp", path, before=listing(tmp_path), options=old)
    assert refused.returncode != 0
    await _except(scene)
    taken = await openssh(scene, "sftp", path, before=listing(tmp_path), options=old)
    assert (taken.returncode, "EtatCivil" in taken.stdout) == (0, True), taken.stderr
    assert scene.figures.counts[ACCEPTED] == 1


async def test_who_signs_over_sha1_alone_is_told_so_once_that_is_proven(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients of old, that never ask which signatures are taken."""
    silent = [b"kex-strict-c-v00@openssh.com"]
    monkeypatch.setattr(asyncssh.SSHClientConnection, "_get_extra_kex_algs", lambda _: silent)
    key, other = (asyncssh.generate_private_key("ssh-rsa", key_size=2048) for _ in range(2))
    line = key.export_public_key().decode()
    await scene.change_account("rennes", lambda account: replace(account, public_keys=(line,)))
    old: dict[str, Any] = {"password": None, "signature_algs": ["ssh-rsa"]}
    with pytest.raises(asyncssh.PermissionDenied):
        async with scene.connect(client_keys=[other], **old):
            pytest.fail("it was let in")
    with pytest.raises(asyncssh.DisconnectError, match=r"your software chose ssh-rsa: update it, or ask for an except"):
        async with scene.connect(client_keys=[key], **old):
            pytest.fail("it was let in")
    assert (scene.figures.counts[ACCEPTED], scene.figures.counts[ACCEPTED.replace("accepted", "refused")]) == (0, 1)


async def test_cbc_with_encrypt_then_mac_needs_strict_key_exchange(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _except(scene)
    etm: dict[str, Any] = {"encryption_algs": ["aes128-cbc"], "mac_algs": ["hmac-sha2-256-etm@openssh.com"]}
    async with scene.connect(**etm):
        pass
    monkeypatch.setattr(asyncssh.SSHClientConnection, "_get_extra_kex_algs", lambda _: [b"ext-info-c"])
    never = property(lambda _: False, lambda _, __: None)
    monkeypatch.setattr(asyncssh.SSHClientConnection, "_strict_kex", never, raising=False)
    with pytest.raises(asyncssh.KeyExchangeFailed):
        async with scene.connect(**etm):
            pytest.fail("it was let in")
    with monkeypatch.context() as first:
        first.setattr(algorithms, "for_old_clients", lambda lists, _: for_old_clients(lists, None))
        with pytest.raises(asyncssh.KeyExchangeFailed, match="strict"):
            async with scene.connect(**etm):
                pytest.fail("it was let in")
    async with scene.connect(encryption_algs=["aes128-cbc"], mac_algs=[*etm["mac_algs"], "hmac-sha2-256"]):
        (connection,) = scene.server._connections
        assert negotiated(connection.ssh).mac == "hmac-sha2-256"


@pytest.mark.parametrize(
    ("before", "between"), [(b"", b""), (IGNORE, b""), (b"", IGNORE)], ids=["none", "first", "mid"]
)
async def test_nothing_is_slipped_into_a_strict_key_exchange(scene: Scene, before: bytes, between: bytes) -> None:
    """Or somebody between the two could take away as many packets of what comes encrypted, and nobody would notice."""
    names = (
        "curve25519-sha256,kex-strict-c-v00@openssh.com ssh-ed25519 aes128-ctr aes128-ctr hmac-sha2-256 hmac-sha2-256"
    )
    lists = [*names.split(), "none", "none", "", ""]
    hello = Byte(20) + bytes(16) + b"".join(String(one) for one in lists) + bytes(5)
    key = Byte(30) + String(b"\x09" + bytes(31))
    reader, writer = await asyncio.open_connection(*scene.address)
    try:
        assert await reader.readline() == b"SSH-2.0-Gateway\r\n"
        writer.write(b"SSH-2.0-Raw\r\n" + before + plain(hello) + between + plain(key))
        kinds: list[int] = []
        async with asyncio.timeout(30):
            while not {1, 21} & set(kinds):
                length = int.from_bytes(await reader.readexactly(4), "big")
                packet = await reader.readexactly(length)
                kinds.append(packet[1])
                assert packet[1] != 20 or b"kex-strict-s-v00@openssh.com" in packet
    finally:
        writer.transport.abort()
    assert kinds == ([20, 31, 21] if not before + between else [20, 1])


async def test_who_knows_post_quantum_key_exchange_gets_it(scene: Scene) -> None:
    async with scene.connect():
        (connection,) = scene.server._connections
        assert negotiated(connection.ssh).kex == "mlkem768x25519-sha256"


async def test_rekeying_keeps_what_was_offered(scene: Scene) -> None:
    await _except(scene)
    async with scene.connect(rekey_bytes=2000, kex_algs=["diffie-hellman-group14-sha1"]) as conn:
        sftp = await conn.start_sftp_client()
        for _ in range(20):
            assert await sftp.listdir("/")


async def test_who_is_silent_is_asked_and_stays(scene: Scene) -> None:
    async with scene.connect() as conn:
        sftp = await conn.start_sftp_client()
        asked, answer = _asked(conn)
        _let_pass_for_silence(scene, 0.01)
        async with asyncio.timeout(20):
            for _ in range(6):  # more often than may go unanswered
                await asked.get()
                answer()
        assert await sftp.listdir("/")


async def test_who_speaks_is_not_asked(scene: Scene) -> None:
    async with scene.connect() as conn:
        asked, _ = _asked(conn)
        (connection,) = scene.server._connections
        ssh = connection.ssh
        ssh._reset_keepalive_timer()
        ssh._keepalive_timer_callback()
        assert await (await conn.start_sftp_client()).listdir("/")  # a question would have come before this answer
        assert asked.empty()


async def test_who_answers_no_more_is_let_go(scene: Scene) -> None:
    async with scene.connect() as conn:
        _asked(conn)
        _let_pass_for_silence(scene, 0.01)
        async with asyncio.timeout(20):
            await conn.wait_closed()
        assert not scene.server._connections


def _asked(conn: asyncssh.SSHClientConnection) -> tuple[asyncio.Queue[bool], Callable[[], None]]:
    """Each question of the server whether its client is there, and how to answer one."""
    questions: asyncio.Queue[bool] = asyncio.Queue()
    vars(conn)["_process_keepalive_at_openssh_dot_com_global_request"] = lambda _: questions.put_nowait(True)
    return questions, lambda: conn._report_global_response(False)


def _let_pass_for_silence(scene: Scene, seconds: float) -> None:
    (connection,) = scene.server._connections
    ssh = connection.ssh
    ssh._keepalive_interval = seconds
    ssh._cancel_keepalive_timer()
    ssh._set_keepalive_timer()
