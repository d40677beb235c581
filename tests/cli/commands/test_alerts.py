"""`gateway alerts` as a shell runs it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import gateway


def test_its_commands(tmp_path: Path) -> None:
    assert gateway("alerts", "key", where=tmp_path).out.startswith("whsec_")
    assert gateway("alerts", "list", where=tmp_path).out == "Every alert has arrived, or is still being sent.\n"
    nobody = gateway("alerts", "test", where=tmp_path)
    assert (nobody.code, nobody.err) == (
        4,
        "gateway: Nobody is told of anything: set alerts.webhook or alerts.email\n",
    )
    unknown = gateway("alerts", "replay", "0197a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", where=tmp_path)
    assert unknown.code != 0
    refused = gateway("alerts", "test", where=tmp_path, GATEWAY__ALERTS__WEBHOOK="http://127.0.0.1:9/hook")
    assert (refused.code, refused.out) == (1, "webhook: failed: ClientConnectorError\n")
