"""What the door offers, as a foreign client sees it, and what it accepts."""

from __future__ import annotations

import re
from typing import Any

import asyncssh
import pytest

from gateway.sftp_server import algorithms
from gateway.sftp_server.algorithms import accept_modern_signatures_only, key_exchanges
from tests.sftp_server.scene import Scene

WEAK = re.compile(r"sha1|cbc|arcfour|3des|md5|group1-|group14-sha1|ssh-rsa$|ssh-dss|umac-64|chacha|gss|^none$")


def test_nothing_weak_is_on_the_lists() -> None:
    offered = [*key_exchanges(), *algorithms.ENCRYPTIONS, *algorithms.MACS, *algorithms.SIGNATURES]
    assert [name for name in offered if WEAK.search(name)] == []
    assert "gcm" in algorithms.ENCRYPTIONS[0]


def test_post_quantum_key_exchange_comes_first() -> None:
    assert key_exchanges()[0] == "mlkem768x25519-sha256"
    assert "curve25519-sha256" in key_exchanges()


@pytest.mark.parametrize(
    "weak",
    [
        {"kex_algs": ["diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1"]},
        {"encryption_algs": ["aes256-cbc", "aes128-cbc", "3des-cbc"]},
        {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha1", "hmac-md5"]},
        {"encryption_algs": ["chacha20-poly1305@openssh.com"]},
        {"server_host_key_algs": ["ssh-rsa"]},
    ],
)
async def test_a_client_that_knows_only_weak_algorithms_gets_nowhere(scene: Scene, weak: dict[str, Any]) -> None:
    with pytest.raises(asyncssh.KeyExchangeFailed):
        async with scene.connect(**weak):
            pytest.fail("it was let in")


def test_a_client_key_verifies_no_signature_over_sha1() -> None:
    private = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    public = private.convert_to_public()
    weak, good = private.sign(b"data", b"ssh-rsa"), private.sign(b"data", b"rsa-sha2-256")
    assert public.verify(b"data", weak)
    assert accept_modern_signatures_only(public)
    assert not public.verify(b"data", weak)
    assert public.verify(b"data", good)
    assert private.convert_to_public().verify(b"data", weak), "other keys are as they were"


def test_a_key_of_another_kind_is_not_accepted() -> None:
    key = asyncssh.generate_private_key("ssh-ed448").convert_to_public()
    assert not accept_modern_signatures_only(key)
