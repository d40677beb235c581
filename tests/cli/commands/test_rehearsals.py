"""`gateway subscriptions rehearse` and its like as a shell runs them."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import gateway

TOWN = "SI-21350238800019-35238"


def test_its_commands_say_what_is_wrong(tmp_path: Path) -> None:
    shown = gateway("subscriptions", "--help", where=tmp_path).out
    for word in ("rehearse", "rehearsal", "end-rehearsal"):
        assert word in shown
    wrong = gateway("subscriptions", "rehearse", TOWN, "EtatCivil", "--in", "API", "--for", "long", where=tmp_path)
    assert (wrong.code, "must be a duration" in wrong.err) == (2, True)
    wanted = ("subscriptions", "rehearse", TOWN, "EtatCivil", "--in", "API", "--for", "14d")
    for words in (wanted, ("subscriptions", "rehearsal", TOWN, "EtatCivil")):
        unknown = gateway(*words, where=tmp_path)
        assert (unknown.code != 0, f"Subscription of {TOWN} to EtatCivil" in unknown.err) == (True, True)
    assert gateway("subscriptions", "end-rehearsal", TOWN, "EtatCivil", where=tmp_path).code != 0
