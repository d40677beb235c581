"""What the HTTP server logs by itself."""

import logging

import pytest

from gateway.api.discretion import discreet_logger
from tests.api.visitor import Visitor


async def test_of_a_request_that_is_no_http_nothing_is_repeated(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    reader, writer = await visitor.connect()
    writer.write(b"GET /Zoe HTTP/1.1\r\nbad header\r\n\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    (record,) = [record for record in caplog.records if record.name.startswith("gateway.api")]
    assert record.levelno == logging.INFO
    assert record.getMessage().startswith("malformed request")
    assert not any(word in caplog.text for word in ("Zoe", "bad header", "127.0.0.1"))


def test_other_errors_are_shown_whole(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise RuntimeError("a mistake in the program")
    except RuntimeError:
        discreet_logger().exception("Unhandled exception")
    assert "a mistake in the program" in caplog.text
    assert discreet_logger() is discreet_logger()
    assert len(discreet_logger().filters) == 1
