"""What `gateway bulk` does, in this process."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.cli import bulk
from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.importing import import_file
from gateway.config import ConfigurationError, Settings
from gateway.services import merging
from gateway.services.merging import Merged
from tests.cli.dossiers import deposited
from tests.cli.onboarding import TOWN

OTHER = "SI-21990000200019-99002"
MORE = f"""\
organizations:
  - {{type: SI, companyRegister: "21990000200019", branchCode: "99002", name: Mairie nouvelle}}
subscriptions:
  - {{subscriber: {OTHER}, process: EtatCivil, accessMode: API, status: Actif}}
credentials:
  - api: {{organization: {OTHER}, role: SI, process: EtatCivil, client_id: nouvelle, client_secret: "not so secret"}}
"""


@pytest.fixture
def town(settings: Settings, config: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The working directory of a gateway with two towns, the first of which has a dossier."""
    deposited(settings, config)
    (place / "more.yaml").write_text(MORE, encoding="utf-8")
    import_file(place / "more.yaml", config, dry_run=False, credentials_out=None, json=True)
    (place / "rows.csv").write_text(f"organization,process\n{TOWN},EtatCivil\n", encoding="utf-8")
    (place / "keys.csv").write_text("client_id,username\nnouvelle,\n,town\n", encoding="utf-8")
    (place / "merge.csv").write_text(f"source,target\n{TOWN},{OTHER}\n", encoding="utf-8")
    capsys.readouterr()
    return place


def test_subscriptions_are_suspended_and_resumed(town: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = town / "rows.csv"

    def run(*, resume: bool = False, dry_run: bool = False) -> str:
        bulk.change_status(file, config, resume=resume, reason="merger", dry_run=dry_run, json=False)
        return capsys.readouterr().out

    planned = run(dry_run=True)
    assert "1 of 1 would change." in planned
    assert TOWN in planned
    assert "1 of 1 changed." in run()
    assert "0 of 1 changed." in run()
    assert "1 of 1 changed." in run(resume=True)
    bulk.change_status(file, config, resume=False, reason=None, dry_run=True, json=True)
    assert json.loads(capsys.readouterr().out) == {
        "dryRun": True,
        "rows": [
            {
                "outcome": "changed",
                "organization": TOWN,
                "process": "EtatCivil",
                "from": "Actif",
                "to": "Suspendu",
                "open": 1,
            }
        ],
    }


def test_what_the_service_refuses_is_told_by_line_and_cell(town: Path, config: Path) -> None:
    (town / "rows.csv").write_text(f"process,organization\nEtatCivil,{TOWN}\nCERTDC,{TOWN}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"rows\.csv:3:1: process: there is no subscription"):
        bulk.change_status(town / "rows.csv", config, resume=False, reason=None, dry_run=False, json=False)


def test_secrets_go_to_a_file_of_their_own(town: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, file = town / "secrets.json", town / "keys.csv"

    def run(*, to: Path | None = out, shown: bool = False, dry_run: bool = False) -> str:
        bulk.rotate(
            file,
            config,
            credentials_out=to,
            print_secrets=shown,
            retire_after=timedelta(days=30),
            dry_run=dry_run,
            json=False,
        )
        return capsys.readouterr().out

    with pytest.raises(CommandError, match="--credentials-out or --print-secrets") as nowhere:
        run(to=None)
    assert nowhere.value.code is Exit.USAGE
    assert "2 of 2 would change." in run(to=None, dry_run=True)
    said = run()
    assert "The secrets are in secrets.json, and nowhere else." in said
    assert out.stat().st_mode & 0o777 == 0o600
    made = json.loads(out.read_text(encoding="utf-8"))["credentials"]
    assert [one["name"] for one in made] == ["nouvelle", "town"]
    assert not [one for one in made if one["secret"] in said]
    with pytest.raises(CommandError, match=r"secrets\.json exists already"):
        run()
    again = town / "again.json"
    with pytest.raises(ConfigurationError, match=r"keys\.csv:2:1: client_id: has two secrets already"):
        run(to=again)
    assert not again.exists()
    with pytest.raises(
        ConfigurationError,
        match=r"keys\.csv:2:1: client_id: nobody has come in by its new one yet.*, or take --unused-too",
    ):
        bulk.retire(file, config, unused_too=False, dry_run=False, json=False)
    bulk.retire(file, config, unused_too=True, dry_run=True, json=False)
    assert "its older secret ends; the new one was never used" in " ".join(capsys.readouterr().out.split())
    bulk.retire(file, config, unused_too=True, dry_run=False, json=False)
    assert "1 of 2 changed." in capsys.readouterr().out
    assert "nouvelle: " in run(to=None, shown=True)


def test_secrets_are_in_json_only_when_asked_for(town: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bulk.rotate(
        town / "keys.csv", config, credentials_out=None, print_secrets=True, retire_after=None, dry_run=False, json=True
    )
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert all(row["secret"] for row in rows)
    bulk.retire(town / "keys.csv", config, unused_too=True, dry_run=True, json=True)
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["name"], "secret" in row) for row in rows] == [("nouvelle", False), ("town", False)]


def test_cases_are_merged_once(town: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = town / "merge.csv"
    bulk.merge(file, config, dry_run=True, json=False)
    assert "1 cases and 1 open deliveries would move." in capsys.readouterr().out
    bulk.merge(file, config, dry_run=False, json=True)
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["outcome"], row["source"], row["target"], row["cases"], row["open"]) == ("changed", TOWN, OTHER, 1, 1)
    bulk.merge(file, config, dry_run=False, json=False)
    assert "0 cases and 0 open deliveries moved." in capsys.readouterr().out


def test_a_row_that_fails_leaves_those_before_it_done(
    town: Path, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (town / "merge.csv").write_text(f"source,target\n{TOWN},{OTHER}\n{OTHER.replace('99002', '9')},{OTHER}\n")
    with pytest.raises(ConfigurationError, match=r"merge\.csv:3:1: source: there is no such organization"):
        bulk.merge(town / "merge.csv", config, dry_run=False, json=False)
    capsys.readouterr()
    (town / "merge.csv").write_text(f"source,target\n{TOWN},{OTHER}\n")

    async def fails(*_: object) -> Merged:
        raise RuntimeError("on purpose")

    with monkeypatch.context() as patched:
        patched.setattr(merging, "merge", fails)
        with pytest.raises(CommandError, match=r"Rows left: 1\. Run the same file again") as failed:
            bulk.merge(town / "merge.csv", config, dry_run=False, json=False)
    assert failed.value.code is Exit.FAILED
    bulk.merge(town / "merge.csv", config, dry_run=False, json=False)
    assert "1 cases and 1 open deliveries moved." in capsys.readouterr().out
