from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from gateway.cli.doctor import keys
from gateway.cli.doctor.examination import code_of, examine, examine_and_show, show
from gateway.cli.doctor.findings import problem, warning, well
from gateway.cli.exits import Exit
from gateway.config import Settings
from tests.cli.doctor.states import states
from tests.cli.dossiers import dead_letter, deposited
from tests.cli.running import gateway

FREE = "data_dir: var\nhttp: {port: 0}\nsftp: {port: 0}\n"


def content(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_before_the_first_start_nothing_is_a_problem_and_nothing_is_made(config: Path) -> None:
    config.write_text(FREE)
    before = content(config.parent)
    found = asyncio.run(examine(config))
    assert "problem" not in states(found).values()
    assert content(config.parent) == before
    assert code_of(found) is Exit.OK


def test_a_gateway_that_has_worked_is_looked_at_whole(
    settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(FREE)
    deposited(settings, config)
    dead_letter(settings)
    before = content(config.parent)
    capsys.readouterr()
    assert examine_and_show(config, json=True) is Exit.OK
    told = json.loads(capsys.readouterr().out)
    shown = {one["check"]: one["state"] for one in told["checks"]}
    assert shown["database.schema"] == shown["blobs"] == shown["keys.master"] == "ok"
    assert (shown["outgoing.dead"], shown["deliveries.oldest"]) == ("warning", "ok")
    assert told["summary"]["problem"] == 0
    assert sum(told["summary"].values()) == len(told["checks"])
    assert all(one["advice"] for one in told["checks"] if one["state"] != "ok")
    assert content(config.parent) == before


def test_the_table_is_for_people(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(FREE)
    examine_and_show(config, json=False)
    out = capsys.readouterr().out
    assert "clock.zone" in out
    assert out.splitlines()[-1].startswith("0 problems, ")


def test_the_command_ends_with_the_code(config: Path) -> None:
    config.write_text("nonsense: 1\n")
    done = gateway("doctor", "--config", config, "--json", where=config.parent)
    assert done.code == 3
    assert json.loads(done.out)["checks"][0]["found"].startswith("gateway.yaml:1:1: nonsense: unknown key")
    assert done.err == ""


def test_the_codes() -> None:
    assert code_of([well("a", "x"), warning("b", "x", "y")]) is Exit.OK
    assert code_of([problem("data.space", "x", "y")]) is Exit.FAILED
    assert code_of([problem("database", "x", "y"), problem("data.space", "x", "y")]) is Exit.UNAVAILABLE
    assert code_of([problem("database", "x", "y"), problem("configuration", "x", "y")]) is Exit.INVALID


def test_what_may_not_be_looked_at_is_a_finding(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(FREE)

    def refuse(_: Settings) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(keys, "check", refuse)
    found = states(asyncio.run(examine(config)))
    assert (found["keys"], found["antivirus"]) == ("problem", "ok")


def test_one_is_no_plural(capsys: pytest.CaptureFixture[str]) -> None:
    show([problem("a", "x", "y")])
    assert capsys.readouterr().out.splitlines()[-1] == "1 problem, 0 warnings, 1 check."
