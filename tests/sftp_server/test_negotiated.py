"""What a connection negotiated, as the login and the operator read it."""

from __future__ import annotations

from gateway.sftp_server import negotiated as module
from gateway.sftp_server.negotiated import Negotiated, negotiated
from tests.sftp_server.scene import Scene


def test_what_is_old_is_named_once() -> None:
    found = Negotiated("diffie-hellman-group14-sha1", "ssh-rsa", "aes128-ctr,aes128-cbc", "hmac-sha1", "ssh-rsa")
    assert found.legacy
    assert found.old == ("diffie-hellman-group14-sha1", "ssh-rsa", "aes128-cbc", "hmac-sha1")
    assert found.text == "diffie-hellman-group14-sha1 ssh-rsa aes128-ctr aes128-cbc hmac-sha1 ssh-rsa"


def test_nothing_modern_is_old() -> None:
    found = Negotiated("curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com", "", "rsa-sha2-256")
    assert not found.legacy
    assert found.text == "curve25519-sha256 ssh-ed25519 aes128-gcm@openssh.com rsa-sha2-256"


def test_chacha20_is_on_no_list() -> None:
    assert not [name for name in module.OLD if "chacha" in name or "3des" in name or "md5" in name]


async def test_a_running_connection_tells_its_cipher(scene: Scene) -> None:
    async with scene.connect(encryption_algs=["aes256-ctr"], mac_algs=["hmac-sha2-512"]):
        (connection,) = scene.server._connections
        found = negotiated(connection.ssh)
        assert (found.cipher, found.mac, found.legacy) == ("aes256-ctr", "hmac-sha2-512", False)
    async with scene.connect(encryption_algs=["aes128-gcm@openssh.com"]):
        (connection,) = scene.server._connections
        assert negotiated(connection.ssh).mac == ""
