"""What the door offers, as a foreign client sees it, and what it accepts."""

from __future__ import annotations

import re
from typing import Any

import asyncssh
import pytest
from asyncssh.packet import String

from gateway.sftp_server import algorithms
from gateway.sftp_server.algorithms import (
    Lists,
    accept_signatures,
    for_old_clients,
    key_exchanges,
    lists_of,
    modern,
    needs_strict_kex,
)
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
    assert accept_signatures(public)
    assert not public.verify(b"data", weak)
    assert public.verify(b"data", good)
    assert private.convert_to_public().verify(b"data", weak), "other keys are as they were"


def test_a_key_of_another_kind_is_not_accepted() -> None:
    key = asyncssh.generate_private_key("ssh-ed448").convert_to_public()
    assert not accept_signatures(key)


def _client(**lists: list[bytes]) -> Lists:
    usual: dict[str, list[bytes]] = {
        "key_exchanges": [b"curve25519-sha256"],
        "host_keys": [b"rsa-sha2-256"],
        "encryptions": [b"aes128-ctr"],
        "macs": [b"hmac-sha2-256"],
    }
    return Lists(**(usual | lists))


def test_old_algorithms_come_last_and_only_where_a_client_has_nothing_else() -> None:
    ours = modern([b"ssh-ed25519", b"rsa-sha2-512", b"rsa-sha2-256"])
    assert for_old_clients(ours, _client()) == ours
    wide = for_old_clients(ours, _client(macs=[b"hmac-sha1"], host_keys=[b"ssh-rsa"]))
    assert wide.macs == [*ours.macs, b"hmac-sha1-etm@openssh.com", b"hmac-sha1"]
    assert wide.host_keys == [*ours.host_keys, b"ssh-rsa"]
    assert (wide.key_exchanges, wide.encryptions) == (ours.key_exchanges, ours.encryptions)
    assert b"ssh-rsa" not in for_old_clients(modern([b"ssh-ed25519"]), None).host_keys


def test_cbc_loses_encrypt_then_mac_without_strict_key_exchange() -> None:
    ours = modern([b"ssh-ed25519"])
    cbc = _client(encryptions=[b"aes128-cbc"])
    assert [name for name in for_old_clients(ours, cbc).macs if b"etm" in name] == []
    strict = _client(encryptions=[b"aes128-cbc"], key_exchanges=[b"curve25519-sha256", b"kex-strict-c-v00@openssh.com"])
    assert b"hmac-sha2-256-etm@openssh.com" in for_old_clients(ours, strict).macs
    assert needs_strict_kex(b"chacha20-poly1305@openssh.com", b"")
    assert not needs_strict_kex(b"aes128-ctr", b"hmac-sha2-256-etm@openssh.com")


def test_lists_are_read_as_they_are_sent() -> None:
    names = [b"kex", b"key", b"a,b", b"b,c", b"m", b"n,m", b"none", b"none", b"", b""]
    packet = bytes(16) + b"".join(String(name) for name in names) + bytes(5)
    assert lists_of(packet) == Lists([b"kex"], [b"key"], [b"b"], [b"m"])


def test_a_key_may_keep_its_old_way_to_sign() -> None:
    private = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    public = private.convert_to_public()
    assert accept_signatures(public, old=True)
    assert public.verify(b"data", private.sign(b"data", b"ssh-rsa"))
