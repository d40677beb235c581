from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.app.channel import Orders, receive, send
from gateway.app.registers import Registers
from gateway.config import Settings
from gateway.config.settings import Database


async def test_settings_arrive_as_they_are_secrets_included(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    _, out = await asyncio.open_unix_connection(sock=ours)
    incoming, back = await asyncio.open_unix_connection(sock=theirs)
    settings = Settings(database=Database(url=SecretStr("postgresql://gateway:hidden@host/name")))
    orders = Orders(2, settings, Path("gateway.yaml"), [5, 6], [7], Registers.make(tmp_path, settings, 2))
    send(out, orders)
    send(out, settings)
    assert await receive(incoming) == orders
    found = await receive(incoming)
    assert found == settings
    assert found.database.url.get_secret_value() == "postgresql://gateway:hidden@host/name"
    out.close()
    with pytest.raises(EOFError):
        await receive(incoming)
    back.close()


async def test_half_a_message_is_none() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"\x00\x00\x00\x09half")
    reader.feed_eof()
    with pytest.raises(EOFError):
        await receive(reader)
