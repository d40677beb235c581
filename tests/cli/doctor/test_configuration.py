from __future__ import annotations

from pathlib import Path

from gateway.cli.doctor.configuration import check
from tests.cli.doctor.states import said, states


def test_a_valid_file_and_the_processes_are_well(config: Path) -> None:
    found, settings = check(config, {})
    assert settings is not None
    assert states(found) == {"configuration": "ok", "configuration.processes": "ok"}


def test_every_fault_is_a_problem_with_line_and_column(config: Path) -> None:
    config.write_text("data_dirr: var\nhttp: {port: many}\n")
    found, settings = check(config, {"GATEWAY__HTPP__PORT": "1"})
    assert settings is None
    assert [str(one.state) for one in found] == ["problem"] * 3
    assert "gateway.yaml:1:1: data_dirr: unknown key; did you mean `data_dir`?" in said(found, "configuration")
    assert "gateway.yaml:2:14: http.port: " in said(found, "configuration")
    assert "GATEWAY__HTPP__PORT" in said(found, "configuration")


def test_processes_that_cannot_be_read_are_a_problem(config: Path) -> None:
    (config.parent / "processes.yaml").write_text("processes:\n- {code: A}\n")
    found, settings = check(config, {})
    assert settings is not None
    assert states(found) == {"configuration": "ok", "configuration.processes": "problem"}
    assert "processes.yaml:2:" in said(found, "configuration.processes")
