"""`gateway moves plan`: shown to people and scripts, written down, and faults at their places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli import planning
from gateway.cli.failing import CommandError
from gateway.cli.importing import import_file
from gateway.cli.person import person
from gateway.cli.planning import plan, read_plan
from gateway.config import ConfigurationError, Settings
from gateway.domain.plans import lines
from tests.cli.dossiers import deposited
from tests.cli.onboarding import TOWN

FILE = """\
move: town
select: {mode: SFTP, process: EtatCivil}
to: API
in_flight: drain
drain_for: 36h
waves:
- size: 100%
window: {days: [sun]}
"""
CLIENT = """
  - api: {organization: SI-21990000100011-99001, role: SI, client_id: town, client_secret: "not so secret"}
"""


@pytest.fixture
def town(settings: Settings, config: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A file of moves for a subscriber of EtatCivil in mode SFTP, in whose inbox a delivery waits."""
    deposited(settings, config)
    (place / "move.yaml").write_text(FILE, encoding="utf-8")
    capsys.readouterr()
    return place / "move.yaml"


@pytest.fixture
def ready(town: Path, place: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The same with an API client."""
    with (place / "onboarding.yaml").open("a", encoding="utf-8") as text:
        text.write(CLIENT.lstrip("\n"))
    import_file(place / "onboarding.yaml", config, dry_run=False, credentials_out=None, json=True)
    capsys.readouterr()
    return town


def told(file: Path, config: Path, capsys: pytest.CaptureFixture[str], out: Path | None = None) -> list[str]:
    plan(file, out, config, json=False, every=False)
    return [line.rstrip() for line in capsys.readouterr().out.split("\n")]


def test_people_are_shown_waves_and_what_is_in_flight(
    ready: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = told(ready, config, capsys)
    assert shown[0] == "town: 1 subscriptions to mode API; what is open is drained for 36h."
    (wave,) = (line.split() for line in shown if line.startswith("1 "))
    assert (wave[1], wave[4:]) == ("Sun", ["1", "1", "1"])
    assert f"        1  {TOWN}" in shown
    at = shown.index("Not tried: 1. Nobody has used their new credential within 90 days.")
    assert shown[at + 2] == f"  wave 1: {TOWN} → EtatCivil"
    assert "Nothing was written. With -o plan.json it can be approved and applied." in shown


def test_people_are_told_what_is_blocked_and_why(town: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(town, config, capsys)
    at = shown.index("Blocked: 1. They stay as they are.")
    assert shown[at + 1 : at + 4] == [
        "  1: no API client of the organization is enabled, has a secret, and is for this process",
        f"    {TOWN} → EtatCivil",
        "",
    ]
    assert "Nothing is in flight." in shown


def test_only_some_are_named_unless_all_are_wanted(
    monkeypatch: pytest.MonkeyPatch, town: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(planning, "_MOST", 0)
    assert "    … and 1 more, with --all" in told(town, config, capsys)
    plan(town, None, config, json=False, every=True)
    assert f"    {TOWN} → EtatCivil\n" in capsys.readouterr().out


def test_scripts_get_every_row(ready: Path, config: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan(ready, place / "plan.json", config, json=True, every=False)
    value = json.loads(capsys.readouterr().out)
    assert (value["move"], value["to"], value["moving"], value["blocked"], value["unchanged"]) == (
        "town",
        "API",
        1,
        0,
        0,
    )
    assert [(wave["number"], wave["size"]) for wave in value["waves"]] == [(1, 1)]
    (row,) = value["rows"]
    assert (row["organization"], row["process"], row["wave"], row["inFlight"]) == (TOWN, "EtatCivil", 1, 1)
    assert (value["untried"], row["blocked"]) == (1, None)
    assert row["warning"].startswith("nobody has used its API client within 90 days")
    assert row["from"] == {"accessMode": "SFTP", "transport": "pull", "epoch": 1}
    assert value["digest"] == read_plan(place / "plan.json").digest


def test_the_plan_is_written_once_and_read_back(
    ready: Path, config: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = place / "plan.json"
    shown = told(ready, config, capsys, out)
    found = read_plan(out)
    assert shown[-2] == f"Written to plan.json, digest {found.digest}. Next: gateway moves apply plan.json"
    assert (found.spec.name, found.planned_by, found.moving) == ("town", f"gateway moves ({person()})", 1)
    assert "".join(lines(found)) == out.read_text(encoding="utf-8")
    with pytest.raises(CommandError, match=r"plan\.json exists already"):
        plan(ready, out, config, json=False, every=False)


def test_an_edited_plan_is_refused(ready: Path, config: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = place / "plan.json"
    told(ready, config, capsys, out)
    text = out.read_text(encoding="utf-8")
    out.write_text(text.replace('"epoch": 1', '"epoch": 2'), encoding="utf-8")
    with pytest.raises(CommandError, match=r"^plan\.json, line 2: was changed"):
        read_plan(out)
    out.write_bytes(b"\xff")
    with pytest.raises(CommandError, match="is no text"):
        read_plan(out)
    with pytest.raises(CommandError, match="cannot be read"):
        read_plan(place / "elsewhere.json")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("EtatCivil", "EtatCivl"), "move.yaml:2:22: select.process: there is no process EtatCivl"),
        (("mode: SFTP", "mode: PORTAIL"), "move.yaml:2:1: select: matches no subscription"),
        (("size: 100%", "size: 0.001%"), None),
        (("mode: SFTP", "mode: API"), "move.yaml:3:1: to: is the mode of what is selected"),
    ],
)
def test_what_cannot_be_planned_is_told_at_its_place(
    ready: Path, config: Path, change: tuple[str, str], fault: str | None
) -> None:
    ready.write_text(FILE.replace(*change), encoding="utf-8")
    if fault is None:  # a part of all is rounded up
        plan(ready, None, config, json=False, every=False)
        return
    with pytest.raises(ConfigurationError) as caught:
        plan(ready, None, config, json=False, every=False)
    assert str(caught.value).startswith(fault)


def test_nothing_selected_that_moves_leaves_no_file(ready: Path, config: Path, place: Path) -> None:
    ready.write_text(FILE.replace("mode: SFTP", "mode: PORTAIL"), encoding="utf-8")
    with pytest.raises(ConfigurationError):
        plan(ready, place / "plan.json", config, json=False, every=False)
    assert not (place / "plan.json").exists()
