"""Host keys that are told of before they are used."""

from __future__ import annotations

import asyncio

import asyncssh
import pytest
from asyncssh.packet import SSHPacket, String

from gateway.sftp_server.announcing import PROVE, prove, understands
from tests.sftp_server.scene import PASSWORD, Scene

ED25519 = asyncssh.generate_private_key("ssh-ed25519")
RSA = asyncssh.generate_private_key("ssh-rsa", key_size=2048)


def _asked(*keys: asyncssh.SSHKey) -> SSHPacket:
    return SSHPacket(b"".join(String(key.public_data) for key in keys))


@pytest.mark.parametrize("algorithm", [b"rsa-sha2-256", b"rsa-sha2-512"])
def test_each_key_signs_as_the_client_expects(algorithm: bytes) -> None:
    answer = SSHPacket(prove(_asked(RSA, ED25519), [ED25519, RSA], b"session", algorithm) or b"")
    for key, name in ((RSA, algorithm), (ED25519, b"ssh-ed25519")):
        signature = answer.get_string()
        assert SSHPacket(signature).get_string() == name
        data = String(PROVE) + String(b"session") + String(key.public_data)
        assert key.convert_to_public().verify(data, signature)
    answer.check_end()


def test_others_and_repetitions_are_not_proven() -> None:
    assert prove(_asked(RSA), [ED25519], b"session", b"rsa-sha2-256") is None
    assert prove(_asked(RSA, RSA), [RSA], b"session", b"rsa-sha2-256") is None
    assert prove(SSHPacket(b"\0\0\0\x09x"), [RSA], b"session", b"rsa-sha2-256") is None


@pytest.mark.parametrize("version", ["OpenSSH_9.2p1", "paramiko_3.4.0", "WinSCP_release_5.8", "PuTTY_Release_0.78"])
def test_most_clients_are_told(version: str) -> None:
    assert understands(f"SSH-2.0-{version}".encode())


@pytest.mark.parametrize("version", ["WinSCP_release_5.7.3", "WinSCP_release_4.3", "TTSSH/2.69 Win32", "ConfD-4.3"])
def test_those_that_would_choke_are_spared(version: str) -> None:
    assert not understands(f"SSH-2.0-{version}".encode())


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "rsa-sha2-256", "rsa-sha2-512"])
async def test_a_client_learns_them_all_and_they_are_proven(scene: Scene, algorithm: str) -> None:
    ours = [key.convert_to_public() for key in scene.server._offers.offer.keys]
    known = next(key for key in ours if (key.get_algorithm() == "ssh-ed25519") == (algorithm == "ssh-ed25519"))
    told: asyncio.Future[list[list[asyncssh.SSHKey]]] = asyncio.get_running_loop().create_future()
    async with asyncssh.connect(
        *scene.address,
        username="rennes",
        password=PASSWORD,
        client_keys=None,
        config=[],
        known_hosts=([known], [], []),
        server_host_key_algs=[algorithm],
        server_host_keys_handler=lambda *lists: told.set_result(list(lists)),
    ):
        added, removed, retained, revoked = await asyncio.wait_for(told, 20)
    assert (removed, revoked) == ([], [])
    assert [key.public_data for key in retained] == [known.public_data]
    assert [key.public_data for key in added] == [key.public_data for key in ours if key is not known]
