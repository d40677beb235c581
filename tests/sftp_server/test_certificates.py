"""Certificates of users, signed by an authority of the account."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh.public_key import SSHOpenSSHCertificate

from gateway.domain.referential import SftpAccount
from gateway.services import revocations
from gateway.services.office import gateway_caller
from gateway.sftp_server.certificates import fault
from tests.sftp_server.openssh import identity, listing, openssh, program
from tests.sftp_server.scene import BREST, START, Scene

CA = asyncssh.generate_private_key("ssh-ed25519")
KEY = asyncssh.generate_private_key("ssh-ed25519")
LINE = CA.export_public_key().decode().strip()
ACCOUNT = SftpAccount("id", BREST, "brest", authorities=(LINE,))
ALWAYS: dict[str, Any] = {"valid_after": START - timedelta(days=1), "valid_before": START + timedelta(days=1)}


def certificate(**changes: Any) -> SSHOpenSSHCertificate:
    """One for the account brest."""
    signer = changes.pop("signer", CA)
    usual = ALWAYS | {"principals": ["brest"]}
    found = signer.generate_user_certificate(KEY, changes.pop("key_id", "test"), **(usual | changes))
    assert isinstance(found, SSHOpenSSHCertificate)
    return found


def _fault(found: SSHOpenSSHCertificate, account: SftpAccount = ACCOUNT, address: str = "192.0.2.7") -> str | None:
    return fault(found, account, address, START)


def test_one_by_the_authority_for_the_account_is_good() -> None:
    assert _fault(certificate()) is None
    assert _fault(certificate(principals=["other", "brest"])) is None
    assert _fault(certificate(source_address=["192.0.2.0/24"])) is None
    assert _fault(certificate(source_address=["192.0.2.0/24"]), address="::ffff:192.0.2.7") is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"signer": KEY}, "no authority"),
        ({"principals": []}, "principals"),
        ({"principals": ["rennes"]}, "principals"),
        ({"valid_after": START + timedelta(seconds=1)}, "time"),
        ({"valid_before": START}, "time"),
        ({"force_command": "internal-sftp"}, "command"),
        ({"source_address": ["198.51.100.0/24"]}, "address"),
    ],
)
def test_another_is_not(changes: dict[str, Any], said: str) -> None:
    assert said in str(_fault(certificate(**changes)))


def test_no_certificate_counts_for_an_account_without_authority() -> None:
    assert _fault(certificate(), replace(ACCOUNT, authorities=())) is not None
    assert _fault(certificate(), replace(ACCOUNT, authorities=(), public_keys=(LINE,))) is not None
    marked = f"cert-authority {LINE}"
    assert _fault(certificate(), replace(ACCOUNT, authorities=(), public_keys=(marked,))) is None


def test_the_line_of_the_authority_may_restrict() -> None:
    def line(options: str) -> SftpAccount:
        return replace(ACCOUNT, authorities=(f"{options} {LINE}",))

    assert _fault(certificate(), line('cert-authority,from="192.0.2.0/24"')) is None
    assert _fault(certificate(), line('cert-authority,from="198.51.100.0/24"')) is not None
    assert _fault(certificate(), line('cert-authority,expiry-time="20260301"')) is not None
    assert _fault(certificate(), line('cert-authority,principals="batch"')) is not None
    assert _fault(certificate(principals=["batch"]), line('cert-authority,principals="batch"')) is None


def test_host_certificates_let_nobody_in() -> None:
    found = CA.generate_host_certificate(KEY, "test", principals=["brest"], **ALWAYS)
    assert isinstance(found, SSHOpenSSHCertificate)
    assert _fault(found) == "no user certificate"


def test_an_authority_signs_in_modern_ways() -> None:
    ca = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    account = replace(ACCOUNT, authorities=(ca.export_public_key().decode(),))
    assert _fault(certificate(signer=ca, sig_alg="rsa-sha2-256"), account) is None
    assert "old algorithm" in str(_fault(certificate(signer=ca, sig_alg="ssh-rsa"), account))


async def _declare(scene: Scene) -> None:
    await scene.change_account("rennes", lambda one: replace(one, public_keys=(), authorities=(LINE,)))


async def test_it_opens_the_door_to_its_account_alone(scene: Scene) -> None:
    await _declare(scene)
    both = certificate(principals=["rennes", "brest"])
    async with scene.connect(client_keys=[(KEY, both)], password=None) as conn:
        assert await (await conn.start_sftp_client()).listdir("/")
    for username, keys in (("brest", [(KEY, both)]), ("rennes", [(KEY, certificate())]), ("rennes", [KEY])):
        with pytest.raises(asyncssh.PermissionDenied):
            async with scene.connect(username, client_keys=keys, password=None):
                pytest.fail("it was let in")


async def test_the_openssh_client_logs_in_with_what_ssh_keygen_signed(scene: Scene, tmp_path: Path) -> None:
    await _declare(scene)
    ca, key = identity(tmp_path, CA, "ca"), identity(tmp_path, KEY)
    (tmp_path / "key.pub").write_bytes(KEY.export_public_key())

    def sign(*options: str) -> None:
        command = [program("ssh-keygen"), "-q", "-s", str(ca), "-I", "test", "-n", "rennes", *options]
        subprocess.run([*command, str(tmp_path / "key.pub")], check=True, timeout=60)

    sign("-V", "20260101:20270101")
    done = await openssh(scene, "sftp", key, before=listing(tmp_path))
    assert (done.returncode, "EtatCivil" in done.stdout) == (0, True), done.stderr
    for refused in (
        ("-V", "20250101:20260101"),
        ("-O", "critical:verify-required@example.com", "-V", "always:forever"),
    ):
        sign(*refused)
        assert (await openssh(scene, "sftp", key, before=listing(tmp_path))).returncode != 0


async def test_a_revoked_one_lets_nobody_in_and_ends_its_sessions(scene: Scene, tmp_path: Path) -> None:
    await _declare(scene)
    ca, key = identity(tmp_path, CA, "ca"), identity(tmp_path, KEY)
    (tmp_path / "key.pub").write_bytes(KEY.export_public_key())
    operator = gateway_caller(scene.office, "test")

    async def logs_in(serial: int, name: str = "alice") -> bool:
        command = [program("ssh-keygen"), "-q", "-s", str(ca), "-I", name, "-n", "rennes", "-z", str(serial)]
        whole = [*command, "-V", "always:forever", str(tmp_path / "key.pub")]
        await asyncio.to_thread(subprocess.run, whole, check=True, timeout=60)
        return (await openssh(scene, "sftp", key, before=listing(tmp_path))).returncode == 0

    async def revoke(*entries: str, restore: bool = False) -> None:
        verb = revocations.restore if restore else revocations.revoke
        await verb(scene.office, operator, LINE, "\n".join(entries))

    assert await logs_in(7)
    await revoke("serial: 5-7", "id: bob")
    assert [await logs_in(serial) for serial in (4, 7, 8)] == [True, False, True]
    assert not await logs_in(8, "bob")
    assert scene.figures.counts["logins_refused_total door=SFTP reason=revoked"] == 2
    await revoke("serial: 5-7", restore=True)
    assert await logs_in(7)
    mine = certificate(principals=["rennes"], serial=9, key_id="alice")
    async with scene.connect(client_keys=[(KEY, mine)], password=None) as conn, scene.connect() as other:
        sftp, kept = await conn.start_sftp_client(), await other.start_sftp_client()
        await revoke(f"hash: {KEY.get_fingerprint()}")
        scene.clock.pass_by(timedelta(minutes=1))
        with pytest.raises((asyncssh.SFTPError, asyncssh.ConnectionLost)):
            await sftp.listdir("/")
        assert await kept.listdir("/"), "who came with a password stays"
    assert not await logs_in(20, "carol")
