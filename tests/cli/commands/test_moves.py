"""`gateway moves` as a shell runs it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import gateway


def test_what_is_no_certificate_is_not_verified(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(gateway("journal", "key", where=tmp_path).out)
    (tmp_path / "c.jsonl").write_text("[]\n")
    refused = gateway("moves", "verify", "c.jsonl", "--key", "key.pem", where=tmp_path)
    assert (refused.code, "line 1 is no line of a certificate" in refused.err) == (1, True)
    assert gateway("moves", "verify", "c.jsonl", where=tmp_path).code == 2
