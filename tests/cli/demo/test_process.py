from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.demo.checks import DemoFailure
from gateway.cli.demo.process import Doors, command, environment, log_end, running, write_config
from gateway.config import load_settings


def test_the_configuration_is_the_demos_own(tmp_path: Path) -> None:
    settings = load_settings(write_config(tmp_path), {})
    assert settings.data_dir == tmp_path / "var"
    assert (settings.http.host, settings.http.port, settings.sftp.port) == ("127.0.0.1", 0, 0)


def test_settings_of_another_gateway_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY__DATABASE__URL", "postgresql://elsewhere/production")
    monkeypatch.setenv("LANG", "C")
    found = environment()
    assert found["LANG"] == "C"
    assert not [name for name in found if name.startswith("GATEWAY__")]


async def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(DemoFailure, match=r"`gateway import` ended with 3\ngateway: absent.yaml: cannot be read"):
        await command("import", "absent.yaml", "--config", str(write_config(tmp_path)))


async def test_a_gateway_that_does_not_start_is_a_failure(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    config.write_text("nonsense: 1\n", encoding="utf-8")
    with pytest.raises(DemoFailure, match="did not start"):
        async with running(config, tmp_path / "log"):
            raise AssertionError("not reached")
    assert "gateway.yaml:1:1: nonsense: unknown key" in log_end(tmp_path / "log")


def test_the_end_of_the_log_leaves_out_what_went_well(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert log_end(log) == "  | (nothing)"
    well = '{"event": "request", "level": "info"}'
    log.write_text("\n".join([well, '{"event": "request", "level": "error"}', *[well] * 100]), encoding="utf-8")
    assert log_end(log) == '  | {"event": "request", "level": "error"}'


def test_doors_have_an_address() -> None:
    assert Doors("127.0.0.1", 80, 22).url == "http://127.0.0.1:80"
