"""Logs go to standard error in one form, the libraries' own included."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from gateway.config.logs import configure_logs
from gateway.config.settings import Log


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_machines_get_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Log(format="json"))
    structlog.contextvars.bind_contextvars(request="r-1")
    structlog.get_logger().info("request", status=200)
    captured = capsys.readouterr()
    line = json.loads(captured.err)
    assert captured.out == ""
    assert (line["event"], line["level"], line["status"], line["request"]) == ("request", "info", 200, "r-1")
    assert line["timestamp"].endswith("Z")


def test_an_exception_is_a_field_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Log(format="json"))
    try:
        raise ValueError("made up")
    except ValueError:
        structlog.get_logger().exception("internal error")
    assert "ValueError: made up" in json.loads(capsys.readouterr().err)["exception"]


def test_the_level_leaves_out_what_is_less_severe(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Log(format="json", level="warning"))
    structlog.get_logger().info("left out")
    structlog.get_logger().warning("written")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["written"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_libraries_write_the_same_way_and_only_warnings(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Log.model_validate({"format": form}))
    library = logging.getLogger("some.library")
    library.info("chatter")
    library.warning("worth a look")
    written = capsys.readouterr().err
    assert "chatter" not in written
    assert "worth a look" in written
    if form == "json":
        assert json.loads(written)["level"] == "warning"


def test_a_worker_is_named_in_every_line_of_its_own_and_of_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Log(format="json"), worker=2)
    structlog.contextvars.clear_contextvars()
    structlog.get_logger().info("request")
    structlog.get_logger().warning("worker ended", worker=1)
    logging.getLogger("a.library").warning("careful")
    assert [json.loads(line)["worker"] for line in capsys.readouterr().err.splitlines()] == [2, 1, 2]
