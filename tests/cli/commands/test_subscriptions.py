"""`gateway subscriptions` as a shell runs it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.onboarding import TOWN, WHOLE
from tests.cli.running import gateway


def test_a_switch_and_its_certificate(tmp_path: Path) -> None:
    (tmp_path / "onboarding.yaml").write_text(WHOLE)
    assert gateway("import", "onboarding.yaml", where=tmp_path).code == 0
    done = gateway("subscriptions", "switch", TOWN, "EtatCivil", "--to", "API", "--drain", "7d", where=tmp_path)
    assert (done.code, "epoch 2" in done.out) == (0, True), done.err
    assert "mode API, epoch 2" in gateway("subscriptions", "show", TOWN, "EtatCivil", where=tmp_path).out
    (tmp_path / "key.pem").write_text(gateway("journal", "key", where=tmp_path).out)
    assert gateway("subscriptions", "certify", TOWN, "EtatCivil", "c.jsonl", where=tmp_path).code == 0
    assert gateway("moves", "verify", "c.jsonl", "--key", "key.pem", where=tmp_path).code == 0


def test_a_subscriber_is_tried_out_and_found_not_ready(tmp_path: Path) -> None:
    (tmp_path / "onboarding.yaml").write_text(WHOLE)
    assert gateway("import", "onboarding.yaml", where=tmp_path).code == 0
    tried = gateway("subscriptions", "try", TOWN, "EtatCivil", "--count", "1", where=tmp_path)
    assert (tried.code, "Sent 1 to 1." in tried.out) == (0, True), tried.err
    told = gateway("subscriptions", "readiness", TOWN, "EtatCivil", "--to", "PORTAIL", where=tmp_path)
    assert (told.code, "no portal yet" in told.err) == (1, True)
    assert gateway("subscriptions", "clean", TOWN, "EtatCivil", where=tmp_path).out == "Taken back: 1.\n"


def test_wrong_usage_ends_with_the_code_for_it(tmp_path: Path) -> None:
    for options in (("--to", "PIGEON"), ("--to", "API", "--drain", "a while"), ()):
        assert gateway("subscriptions", "switch", TOWN, "EtatCivil", *options, where=tmp_path).code == 2
