"""`gateway moves`: recorded, approved, applied, watched, taken back and certified."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from gateway.app import office_for
from gateway.cli import certificates, opening
from gateway.cli.failing import CommandError
from gateway.cli.importing import import_file
from gateway.cli.journal import show_key
from gateway.cli.move_status import status
from gateway.cli.moves import apply, certify, step
from gateway.cli.person import person
from gateway.cli.planning import plan, read_plan
from gateway.config import Settings
from gateway.domain.errors import ConflictError, NotFoundError
from gateway.domain.identity import Door
from gateway.domain.sightings import Sighting
from gateway.domain.windows import DAYS, ZONE
from gateway.services import sightings, waves
from tests.cli.dossiers import deposited

FILE = "move: town\nselect: {mode: SFTP, process: EtatCivil}\nto: API\n"
CLIENT = """\
  - api: {organization: SI-21990000100011-99001, role: SI, client_id: town, client_secret: "not so secret"}
"""
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def planned(settings: Settings, config: Path, place: Path, capsys: Captured) -> Path:
    """A plan for a subscriber of EtatCivil in mode SFTP, in whose inbox a delivery waits."""
    deposited(settings, config)
    with (place / "onboarding.yaml").open("a", encoding="utf-8") as text:
        text.write(CLIENT)
    import_file(place / "onboarding.yaml", config, dry_run=False, credentials_out=None, json=True)
    used(settings)
    (place / "move.yaml").write_text(FILE, encoding="utf-8")
    plan(place / "move.yaml", place / "plan.json", config, json=False, every=False)
    capsys.readouterr()
    return place / "plan.json"


def used(settings: Settings) -> None:
    """The subscriber's client has asked for a token."""

    async def note() -> None:
        async with office_for(settings) as office:
            await sightings.note(office, Sighting(Door.API, "town", office.clock()))

    asyncio.run(note())


def shown(config: Path, capsys: Captured) -> dict[str, object]:
    capsys.readouterr()
    status("town", config, json=True)
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_plan_is_applied_and_carried_out_here_and_taken_back(planned: Path, config: Path, capsys: Captured) -> None:
    apply(planned, config, wait=True)
    assert "town: done." in capsys.readouterr().out
    found = shown(config, capsys)
    who = f"gateway moves ({person()})"
    assert (found["state"], found["rows"], found["plannedBy"]) == ("DONE", {"SWITCHED": 1}, who)
    assert [wave["state"] for wave in found["waves"]] == ["DONE"]  # type: ignore[attr-defined]  # JSON has no types
    apply(planned, config, wait=True)  # the same plan again is no second move
    assert "town: done." in capsys.readouterr().out
    step("town", config, "rollback", wait=True)
    assert "town: rolled back." in capsys.readouterr().out
    assert shown(config, capsys)["rows"] == {"ROLLED_BACK": 1}


def test_without_waiting_it_is_left_to_who_serves(planned: Path, config: Path, capsys: Captured) -> None:
    apply(planned, config, wait=False)
    assert "town: under way; the processes that serve carry it on." in capsys.readouterr().out
    step("town", config, "pause")
    step("town", config, "resume")
    assert capsys.readouterr().out.startswith("town: paused.\n  by hand\ntown: under way")
    assert shown(config, capsys)["rows"] == {"WAITING": 1}
    with pytest.raises(ConflictError, match="RUNNING: one that is PLANNED can be approved"):
        step("town", config, "approve", digest=read_plan(planned).digest)


def test_two_people_are_asked_for_where_the_settings_say_so(planned: Path, config: Path, capsys: Captured) -> None:
    config.write_text(config.read_text() + "moves: {two_people: true}\n")
    digest = read_plan(planned).digest
    with pytest.raises(CommandError, match=f"has to approve it: gateway moves approve town {digest}") as refused:
        apply(planned, config, wait=False)
    assert refused.value.code == 4
    with pytest.MonkeyPatch.context() as other:
        other.setattr(opening, "person", lambda: "somebody-else")
        step("town", config, "approve", digest=digest)
    assert "town: approved." in capsys.readouterr().out
    apply(planned, config, wait=True)
    assert "town: done." in capsys.readouterr().out


def test_its_certificate_covers_all_that_it_switched(
    planned: Path, config: Path, place: Path, capsys: Captured
) -> None:
    show_key(config)
    (place / "key.pem").write_text(capsys.readouterr().out)
    with pytest.raises(NotFoundError):
        certify("town", Path("c.jsonl"), config, json=False)
    apply(planned, config, wait=False)
    with pytest.raises(ConflictError, match="The move town has switched nothing"):
        certify("town", Path("c.jsonl"), config, json=False)
    apply(planned, config, wait=True)
    step("town", config, "rollback", wait=True)
    capsys.readouterr()
    certify("town", Path("c.jsonl"), config, json=False)
    told = capsys.readouterr().out
    assert "Subscriptions switched:  1\n" in told
    assert "Lost:                    0\n" in told
    certificates.verify(Path("c.jsonl"), place / "key.pem", json=False)
    first = json.loads(Path("c.jsonl").read_text().splitlines()[0])
    assert '"about":{"move":"town"}' in json.dumps(first, separators=(",", ":"))


def test_a_shut_window_is_told_when_a_plan_is_applied(
    config: Path, place: Path, planned: Path, capsys: Captured
) -> None:
    assert planned.is_file()
    ahead = datetime.now(ZONE) + timedelta(days=2)  # a whole day away at least, whenever this runs
    window = f"window: {{days: [{DAYS[ahead.weekday()]}], hours: '06:00-12:00'}}\n"
    (place / "later.yaml").write_text(FILE + window, encoding="utf-8")
    plan(place / "later.yaml", place / "later.json", config, json=False, every=False)
    capsys.readouterr()
    apply(place / "later.json", config, wait=False)
    line = f"  wave 1 begins on {ahead:%Y-%m-%d} 06:00 (Europe/Paris), when its window opens.\n"
    assert line in capsys.readouterr().out
    status("town", config, json=False)
    assert line in capsys.readouterr().out
    capsys.readouterr()
    status("town", config, json=True)
    (wave,) = json.loads(capsys.readouterr().out)["waves"]
    assert datetime.fromisoformat(wave["nextAt"]) == datetime.combine(ahead.date(), time(6), ZONE)


@pytest.mark.usefixtures("planned")
def test_what_each_dual_run_waits_for_is_shown(settings: Settings, config: Path, place: Path, capsys: Captured) -> None:
    via = "via: {dual_run: {at_least: 14d, equal_deliveries: 2}}\n"
    (place / "dual.yaml").write_text(FILE + via, encoding="utf-8")
    plan(place / "dual.yaml", place / "dual.json", config, json=False, every=False)
    apply(place / "dual.json", config, wait=False)
    opening.at_the_office(settings, "test", lambda office, _: waves.drive(office))
    capsys.readouterr()
    status("town", config, json=False)
    told = capsys.readouterr().out
    assert "  wave 1 rehearses: each dual run is looked at every 10 min, next on 20" in told
    line = told.splitlines()[told.splitlines().index("Rehearsing:") + 1]
    assert line.startswith("  SI-21990000100011-99001 → EtatCivil: 0 of 2 equal")
    assert "waits for 2 more" in line
    status("town", config, json=True)
    (run,) = json.loads(capsys.readouterr().out)["rehearsing"]
    assert (run["process"], run["equal"], run["wanted"], run["verdict"]) == ("EtatCivil", 0, 2, "wait")


def test_an_edited_plan_is_not_applied(planned: Path, config: Path) -> None:
    planned.write_text(planned.read_text().replace('"epoch": 1', '"epoch": 2'))
    with pytest.raises(CommandError, match="line 2: was changed"):
        apply(planned, config, wait=False)
