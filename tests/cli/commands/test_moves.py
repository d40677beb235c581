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


def test_a_file_of_moves_is_refused_with_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("move: m\nselect: {mode: SFTP}\nto: API\nwawes: []\n")
    refused = gateway("moves", "plan", "m.yaml", "-o", "plan.json", where=tmp_path)
    assert (refused.code, refused.err) == (3, "gateway: m.yaml:4:1: wawes: unknown key; did you mean `waves`?\n")
    (tmp_path / "m.yaml").write_text("move: m\nselect: {mode: SFTP}\nto: API\n")
    empty = gateway("moves", "plan", "m.yaml", "--json", where=tmp_path)
    assert (empty.code, empty.err) == (3, "gateway: m.yaml:2:1: select: matches no subscription\n")
