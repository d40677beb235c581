from __future__ import annotations

import json

import pytest

from gateway.cli.import_report import MOST_CHANGES, as_json, secrets_of, show_report
from gateway.services.declaration import Change, Generated, Kind, Outcome, Report, WebhookKey

NOTHING = {kind: dict.fromkeys(Outcome, 0) for kind in Kind}
SECRET, KEY = "s" * 43, "whsec_" + "k" * 44
MADE = Report(
    False,
    NOTHING | {Kind.API_CLIENT: {Outcome.CREATED: 1, Outcome.UPDATED: 0, Outcome.UNCHANGED: 2}},
    (Change(Kind.API_CLIENT, "depot", Outcome.UPDATED, ("secret", "role")),),
    (Generated(Kind.API_CLIENT, "depot", "OSL-1", SECRET),),
    (WebhookKey("SI-1", "EtatCivil", "https://town.example.org/", KEY),),
)


def test_people_see_counts_changes_and_secrets_once(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(MADE, json=False)
    shown = capsys.readouterr().out
    assert "api clients" in shown
    assert "sftp accounts" not in shown
    assert "updated depot (secret, role)" in shown
    assert SECRET in shown
    assert KEY in shown


def test_secrets_in_a_file_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(MADE, json=False, secrets_in="s.json")
    shown = capsys.readouterr().out
    assert "2 secrets written to s.json" in shown
    assert SECRET not in shown
    assert SECRET not in json.dumps(as_json(MADE, "s.json"))
    assert json.loads(secrets_of(MADE))["credentials"][0]["secret"] == SECRET


def test_nothing_to_do_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(Report(True, NOTHING), json=False)
    assert "nothing changed" in capsys.readouterr().out


def test_a_dry_run_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(Report(True, NOTHING, MADE.changes, withheld=("secret of API client depot",)), json=False)
    shown = capsys.readouterr().out
    assert "Dry run: nothing was changed." in shown
    assert "Would make a secret of API client depot." in shown


def test_many_changes_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    changes = tuple(Change(Kind.SUBSCRIPTION, f"town {n}", Outcome.CREATED) for n in range(MOST_CHANGES + 7))
    show_report(Report(False, NOTHING, changes), json=False)
    assert "… and 7 more" in capsys.readouterr().out


def test_scripts_get_everything() -> None:
    found = as_json(MADE)
    assert found["counts"]["api clients"] == {"created": 1, "updated": 0, "unchanged": 2}
    assert found["changes"][0]["fields"] == ["secret", "role"]
    assert found["webhooks"][0]["secret"] == KEY
