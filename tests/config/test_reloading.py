from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from gateway.config import Settings, load_settings, reloading
from gateway.config.logs import configure_logs
from gateway.config.reloading import Reloading, kept_up

DEADLINE = 20.0


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()


class Kept:
    """A configuration file and what was taken up of it."""

    def __init__(self, directory: Path, text: str = "tokens: {lifetime: 1h}\n") -> None:
        self.file = directory / "gateway.yaml"
        self.file.write_text(text)
        self.taken: list[Settings] = []
        self.came = asyncio.Event()
        self.reloading = Reloading(self.file, {}, load_settings(self.file, {}), self.take)

    def take(self, settings: Settings) -> None:
        self.taken.append(settings)
        self.came.set()

    def reload(self, text: str) -> list[EventDict]:
        self.file.write_text(text)
        with capture_logs() as lines:
            self.reloading.reload_if_changed()
        return lines


def test_a_valid_change_is_taken_up_and_said(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    assert kept.reload("tokens: {lifetime: 5m}\n") == [
        {"event": "configuration reloaded", "applied": ["tokens.lifetime"], "log_level": "info"}
    ]
    assert kept.reloading.running.tokens.lifetime == timedelta(minutes=5)
    assert kept.taken == [kept.reloading.running]


def test_what_needs_a_restart_is_named_and_the_rest_is_taken_up(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    lines = kept.reload("tokens: {lifetime: 5m}\nhttp: {port: 9}\n")
    assert lines[0] == {"event": "configuration needs a restart", "keys": ["http.port"], "log_level": "warning"}
    assert lines[1]["applied"] == ["tokens.lifetime"]
    assert kept.taken[0].http == Settings().http


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("tokens:\n  lifetim: 5m\n", (2, 3), "unknown key; did you mean `lifetime`?"),
        ("tokens: {lifetime: [}\n", (1, 21), "not valid YAML"),
        ("", (1, 1), "the file is empty"),
    ],
)
def test_an_invalid_file_is_refused_with_its_place_and_the_old_one_goes_on(
    tmp_path: Path, text: str, place: tuple[int, int], said: str
) -> None:
    kept = Kept(tmp_path, "tokens: {lifetime: 7m}\n")
    (line,) = kept.reload(text)
    assert (line["event"], line["log_level"]) == ("configuration refused", "error")
    assert (line["file"], line["line"], line["column"]) == ("gateway.yaml", *place)
    assert said in line["fault"]
    assert kept.taken == []
    assert kept.reloading.running.tokens.lifetime == timedelta(minutes=7)
    assert kept.reload("tokens: {lifetime: 8m}\n")[0]["applied"] == ["tokens.lifetime"]


def test_a_refused_file_is_told_of_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    assert len(kept.reload("x: 1\n")) == 1
    assert kept.reload("x: 1\n") == []


def test_processes_beside_it_are_held_to_the_same(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.reloading.reload_if_changed()
    processes = tmp_path / "processes.yaml"
    processes.write_text("processes:\n- {code: A}\n")
    with capture_logs() as lines:
        assert not kept.reloading.reload_if_changed()
    assert [(line["file"], line["line"]) for line in lines] == [("processes.yaml", 2)]
    processes.write_text("processes: []\n")
    with capture_logs() as lines:
        assert kept.reloading.reload_if_changed()
    assert lines[0]["applied"] == ["processes_file"]


def test_the_first_look_is_silent_unless_the_file_changed_during_the_start(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    with capture_logs() as lines:
        kept.reloading.reload_if_changed()
    assert lines == []
    late = Kept(tmp_path)
    assert late.reload("tokens: {lifetime: 5m}\n")[0]["applied"] == ["tokens.lifetime"]


def test_the_level_of_the_log_changes_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = Kept(tmp_path, "log: {format: json, level: info}\n")
    configure_logs(kept.reloading.running.log)
    log = structlog.get_logger("somebody")
    log.debug("before")
    kept.file.write_text("log: {format: json, level: debug}\n")
    kept.reloading.reload()
    log.debug("after")
    written = capsys.readouterr().err
    assert '"after"' in written
    assert '"before"' not in written


async def test_it_watches_until_it_is_cancelled(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    watching = asyncio.create_task(kept_up(kept.reloading))
    kept.file.write_text("tokens: {lifetime: 5m}\n")
    async with asyncio.timeout(DEADLINE):
        await kept.came.wait()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert watching.cancelled()


async def test_without_a_file_there_is_nothing_to_watch() -> None:
    alone = Reloading(None, {}, Settings(), lambda _: None)
    await alone.watch()
    assert alone.reload()


async def test_a_watch_that_fails_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(tmp_path)

    def fail(_: object) -> object:
        raise OSError("no more watches")

    monkeypatch.setattr(reloading, "stirrings", fail)
    with capture_logs() as lines:
        await kept_up(kept.reloading)
    assert "send SIGHUP" in lines[0]["event"]
