"""`gateway moves status`: what people and scripts are told of moves, and of who was not switched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.failing import CommandError
from gateway.cli.importing import import_file
from gateway.cli.move_status import status
from gateway.cli.moves import apply, step
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.person import person
from gateway.cli.planning import plan, read_plan
from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Caller
from gateway.services import moves
from gateway.services.move_steps import WATCHED
from gateway.services.office import Office, gateway_caller

TOWNS = 12
Captured = pytest.CaptureFixture[str]
REASON = "no API client of the organization is enabled, has a secret, and is for this process"
ONLY = """\
  - api: {organization: SI-21990000100011-99001, role: SI, client_id: town, client_secret: "not so secret"}
"""


def named(number: int) -> str:
    return f"SI-219900002{number:05}-99{number:03}"


@pytest.fixture
def planned(config: Path, place: Path, capsys: Captured) -> Path:
    """A plan for one subscriber that may be switched by and by, and for a dozen that lack a client."""
    text = (place / "onboarding.yaml").read_text(encoding="utf-8") + ONLY
    towns = [named(number).split("-") for number in range(TOWNS)]
    organizations = "".join(
        f'  - {{type: SI, companyRegister: "{register}", branchCode: "{branch}", name: Mairie}}\n'
        for _, register, branch in towns
    )
    rows = "".join(
        f"  - {{subscriber: {named(number)}, process: EtatCivil, accessMode: SFTP}}\n" for number in range(TOWNS)
    )
    text = text.replace("processes:\n", f"{organizations}processes:\n", 1)
    text = text.replace("credentials:\n", f"{rows}credentials:\n", 1)
    (place / "onboarding.yaml").write_text(text, encoding="utf-8")
    import_file(place / "onboarding.yaml", config, dry_run=False, credentials_out=None, json=True)
    (place / "move.yaml").write_text("move: town\nselect: {mode: SFTP}\nto: API\n", encoding="utf-8")
    plan(place / "move.yaml", place / "plan.json", config, json=False, every=False)
    capsys.readouterr()
    return place / "plan.json"


def test_people_are_shown_where_moves_stand(planned: Path, config: Path, capsys: Captured) -> None:
    status(None, config, json=False)
    assert capsys.readouterr().out == "No move is planned.\n"
    apply(planned, config, wait=True)
    capsys.readouterr()
    status("town", config, json=False)
    told = capsys.readouterr().out.splitlines()
    who = f"gateway moves ({person()})"
    assert told[:2] == [
        "town: DONE, 1 subscriptions to mode API.",
        f"Plan {read_plan(planned).digest}, by {who}.",
    ]
    assert told[2].startswith(f"Approved by {who}, ")
    assert told[3].startswith(f"Applied by {who}, ")
    after = told[told.index("Not switched:") + 1 :]
    assert f"  {named(0)} → EtatCivil BLOCKED: {REASON}" in after
    assert (len(after), after[-1]) == (11, "  … and 3 more BLOCKED, with --all")
    status("town", config, json=False, every=True)
    told = capsys.readouterr().out.splitlines()
    assert len(told[told.index("Not switched:") + 1 :]) == TOWNS + 1
    status(None, config, json=False)
    assert "town  DONE" in capsys.readouterr().out
    with pytest.raises(NotFoundError, match="Move is not found"):
        status("other", config, json=False)


def test_scripts_get_everyone_who_was_not_switched(planned: Path, config: Path, capsys: Captured) -> None:
    apply(planned, config, wait=True)
    capsys.readouterr()
    status("town", config, json=True)
    rows = json.loads(capsys.readouterr().out)["notSwitched"]
    found = {row["organization"]: (row["process"], row["wave"], row["state"], row["reason"]) for row in rows}
    never = "town: never used, let the subscriber log in once"
    assert found == {
        "SI-21990000100011-99001": ("EtatCivil", 1, "BLOCKED", never),
        **{named(number): ("EtatCivil", None, "BLOCKED", REASON) for number in range(TOWNS)},
    }
    status(None, config, json=True)
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["town"]


def test_the_first_of_two_approvals_is_shown(planned: Path, config: Path, capsys: Captured) -> None:
    config.write_text(config.read_text() + "moves: {two_people: true}\n")
    made = read_plan(planned)

    async def verb(office: Office, _: Caller) -> None:
        folder = gateway_caller(office, WATCHED)
        await moves.record(office, folder, made.spec, made.waves, made.rows(), made.digest)

    at_the_office(settings_of(config), "test", verb)
    with pytest.raises(CommandError, match="Somebody else has to approve it: gateway moves approve town"):
        step("town", config, "approve", digest=made.digest)
    capsys.readouterr()
    status("town", config, json=False)
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == ["town: PLANNED, 1 subscriptions to mode API.", f"Plan {made.digest}, by {WATCHED}."]
    assert told[2].startswith(f"Approved first by gateway moves ({person()}), ")
