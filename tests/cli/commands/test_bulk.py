"""`gateway bulk` as a shell runs it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.onboarding import TOWN, WHOLE
from tests.cli.running import gateway


def test_its_commands(tmp_path: Path) -> None:
    (tmp_path / "onboarding.yaml").write_text(WHOLE)
    assert gateway("import", "onboarding.yaml", where=tmp_path).code == 0
    (tmp_path / "rows.csv").write_text(f"organization,process\n{TOWN},EtatCivil\n")
    done = gateway("bulk", "suspend", "rows.csv", "--reason", "merger", where=tmp_path)
    assert (done.code, "1 of 1 changed." in done.out) == (0, True), done.err
    assert gateway("bulk", "resume", "rows.csv", where=tmp_path).code == 0
    (tmp_path / "keys.csv").write_text("username\ntown\n")
    options = ("--credentials-out", "secrets.json", "--retire-after", "30d")
    assert gateway("bulk", "rotate", "keys.csv", *options, where=tmp_path).code == 0
    (made,) = json.loads((tmp_path / "secrets.json").read_text())["credentials"]
    assert made["name"] == "town"
    assert gateway("bulk", "retire", "keys.csv", where=tmp_path).code == 0
    assert gateway("bulk", "retire", "keys.csv", "--unused-too", where=tmp_path).code == 0
    assert gateway("bulk", "rotate", "keys.csv", "--retire-after", "soon", where=tmp_path).code == 2
    (tmp_path / "merge.csv").write_text(f"source,target\n{TOWN},{TOWN}\n")
    refused = gateway("bulk", "merge", "merge.csv", where=tmp_path)
    assert (refused.code, "merge.csv:2:2: target: must be another" in refused.err) == (3, True)
