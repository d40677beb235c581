"""The simulator of tools/, in each of its habits."""

from __future__ import annotations

import asyncio

import pytest

from gateway.bridge.answers import carry_answers
from tests.clients.stage import ARCHIVE, NUMBER, Stage
from tests.journeys.world import PROCESS, account_id
from tools.legacy_subscriber import main

PASSWORD = "the town hall's password"


@pytest.mark.parametrize(
    ("habits", "done", "uploaded"),
    [
        (["--answer", "100"], [ARCHIVE], f"{NUMBER}-1.zip"),
        (["--answer", "100", "--bare"], [ARCHIVE], f"{NUMBER}-1.xml"),
        (["--answer", "100", "--delete"], [], f"{NUMBER}-1.zip"),
    ],
    ids=["zip", "bare", "delete"],
)
async def test_takes_in_and_answers(stage: Stage, habits: list[str], done: list[str], uploaded: str) -> None:
    hashed = await asyncio.to_thread(stage.gateway.office.secrets.hash, PASSWORD)
    await stage.set_password(account_id("rennes"), hashed)
    password = stage.file("password", PASSWORD)
    where = ["--port", str(stage.port), "--user", "rennes", "--known-hosts", str(stage.known_hosts)]
    login = ["--password-file", str(password), "--out", str(stage.home)]
    assert await asyncio.to_thread(main, [PROCESS, *where, *login, *habits]) == 0
    assert await stage.same(stage.home / ARCHIVE)
    assert (await stage.listed(), await stage.listed("in/DONE")) == ([], done)
    assert await stage.statuses() == ["SI_RECEIVED", "SI_RECEIVED"]
    assert await stage.listed("out") == [uploaded]
    assert await carry_answers(stage.gateway.office) == 1
    assert await stage.statuses() == ["DONE", "DONE"]
