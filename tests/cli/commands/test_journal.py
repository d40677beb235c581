"""`gateway journal` as a shell runs it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import gateway


def test_its_key_its_export_and_its_check(tmp_path: Path) -> None:
    key = gateway("journal", "key", where=tmp_path)
    assert key.out.startswith("-----BEGIN PUBLIC KEY-----\n"), key.err
    (tmp_path / "key.pem").write_text(key.out)
    written = gateway("journal", "export", "journal.jsonl", where=tmp_path)
    assert (written.code, written.out.startswith("Lines written: ")) == (0, True)
    checked = gateway("journal", "verify", "journal.jsonl", "--key", "key.pem", where=tmp_path)
    assert (checked.code, checked.out) == (0, "The journal is whole: 0 lines under 0 seals.\n")
    assert gateway("journal", "verify", "journal.jsonl", where=tmp_path).code == 2
