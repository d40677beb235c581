from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import asyncssh
import pytest

from gateway.domain.revocations import (
    MOST,
    Means,
    Presented,
    Revocation,
    digits,
    entries,
    fingerprint,
    fingerprint_of,
    named,
)
from tests.sftp_server.openssh import program

CA = "SHA256:" + "a" * 43
KEY = asyncssh.generate_private_key("ssh-ed25519")
LINE = KEY.export_public_key("openssh").decode().strip()
PRINT = KEY.get_fingerprint()


def test_a_fingerprint_is_what_openssh_shows(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(LINE)
    said = subprocess.run(
        [program("ssh-keygen"), "-l", "-f", str(tmp_path / "key.pub")], capture_output=True, text=True, check=True
    ).stdout
    assert PRINT in said
    assert fingerprint(KEY.public_data) == PRINT
    for text in (LINE, f"  {LINE} somebody@here\n", f'cert-authority,principals="a" {LINE}', PRINT):
        assert fingerprint_of(text) == PRINT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SHA256:short",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 ?",
        pytest.param(f"ssh-rsa {LINE.split()[1]}", id="another algorithm"),
    ],
)
def test_what_is_no_key_has_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"key|SHA256"):
        fingerprint_of(text)


def test_a_certificate_is_not_taken_for_its_key() -> None:
    text = base64.b64encode(b"\0\0\0\x20ssh-ed25519-cert-v01@openssh.com").decode()
    with pytest.raises(ValueError, match="certificate"):
        fingerprint_of(f"ssh-ed25519-cert-v01@openssh.com {text}")


def test_a_list_of_openssh_is_read() -> None:
    text = f"""# gone
serial: 12
 SERIAL:12 - 20

id: alice: of Rennes
key: {LINE}
sha256: {LINE}
hash: {PRINT}
"""
    found = list(entries(CA, text))
    assert found == [
        Revocation(CA, Means.SERIAL, digits(12), digits(12)),
        Revocation(CA, Means.SERIAL, digits(12), digits(20)),
        Revocation(CA, Means.ID, "alice: of Rennes", "alice: of Rennes"),
        *[Revocation(CA, Means.KEY, PRINT, PRINT)] * 3,
    ]
    assert [str(one) for one in found[:3]] == ["serial: 12", "serial: 12-20", "id: alice: of Rennes"]
    assert [next(entries(CA, str(one))) for one in found] == found


@pytest.mark.parametrize(
    "line",
    [
        *("serial: 0", "serial: 5-4", "serial: x", "serial:", f"serial: {1 << 64}", "serial: ١"),
        *("id:", f"id: {'x' * 256}", "hash: SHA256:abc", "key: nothing", "12", "user: me"),
    ],
)
def test_a_wrong_line_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2: "):
        list(entries(CA, f"serial: 1\n{line}\nserial: 2"))


def test_a_list_has_its_bound() -> None:
    assert len(list(entries(CA, "serial: 1\n" * MOST))) == MOST
    with pytest.raises(ValueError, match="more than"):
        list(entries(CA, "serial: 1\n" * (MOST + 1)))


def test_serials_are_in_the_order_of_numbers_and_a_certificate_has_three_names() -> None:
    assert digits(9) < digits(10) < digits((1 << 64) - 1)
    key = "SHA256:" + base64.b64encode(hashlib.sha256(b"").digest()).decode().rstrip("=")
    assert dict(named(Presented(CA, 7, "alice", key))) == {
        Means.SERIAL: "00000000000000000007",
        Means.ID: "alice",
        Means.KEY: key,
    }
