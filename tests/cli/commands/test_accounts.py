from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import gateway


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("accounts", "revoked-certificates"), 0, "No certificate is revoked."),
        (("accounts", "revoke-certificates", "SHA256:x"), 2, "Say which"),
        (("accounts", "revoke-certificates", "SHA256:x", "serial: 1"), 4, "authority is not understood"),
        (("accounts", "expiring"), 0, "No password or key ends"),
        (("accounts", "show", "nobody"), 4, "SFTP account"),
    ],
    ids=["revoked", "which", "authority", "expiring", "show"],
)
def test_its_commands_are_there(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    (tmp_path / "gateway.yaml").write_text("data_dir: var\n")
    done = gateway(*words, "--config", "gateway.yaml", where=tmp_path)
    assert (done.code, said in done.out + done.err) == (code, True), done
