from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.cli.doctor.antivirus import check
from gateway.config import Settings
from tests.cli.doctor.states import states


def named(address: str, when_away: str = "refuse") -> Settings:
    return Settings.model_validate({"antivirus": {"address": address, "when_away": when_away}})


async def test_none_is_well_with_and_without_the_section() -> None:
    assert states(await check(Settings())) == {"antivirus": "ok"}
    assert states(await check(cast(Any, SimpleNamespace()))) == {"antivirus": "ok"}


@pytest.mark.parametrize(("says", "state"), [(b"PONG\0", "ok"), (b"HTTP/1.1 400\0", "problem"), (b"PO", "problem")])
async def test_it_is_asked(says: bytes, state: str, tmp_path: Path) -> None:
    asked = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\0"))
        writer.write(says)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as tcp:
        port = tcp.sockets[0].getsockname()[1]
        assert states(await check(named(f"127.0.0.1:{port}"))) == {"antivirus": state}
    async with await asyncio.start_unix_server(serve, tmp_path / "clamd"):
        assert states(await check(named(str(tmp_path / "clamd")))) == {"antivirus": state}
    assert asked == [b"zPING\0"] * 2


async def test_one_that_is_away_is_a_problem_unless_attachments_pass_then(tmp_path: Path) -> None:
    away = str(tmp_path / "none")
    assert states(await check(named(away))) == {"antivirus": "problem"}
    assert states(await check(named(away, "accept"))) == {"antivirus": "warning"}
