"""What the REST door holds at most."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.api.connections import KINDS, Connections
from gateway.api.server import ApiServer
from gateway.services.attendance import Attendance, Register
from gateway.services.office import Office
from tests.api.serving import server_on

ONE, OTHER = "8.8.8.8", "2001:4860::1"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_no_more_than_the_most_and_no_address_more_than_its_share() -> None:
    connections = Connections(4, 2)
    first = connections.enter(ONE)
    assert isinstance(first, int)
    assert isinstance(connections.enter(ONE), int)
    assert connections.enter(ONE) == "address-connections"
    assert [type(connections.enter(OTHER)) for _ in range(2)] == [int, int]
    assert connections.enter("9.9.9.9") == "connections"
    connections.leave(first)
    assert isinstance(connections.enter(ONE), int)


def test_whom_a_proxy_lets_through_shares_no_limit() -> None:
    connections = Connections(10, 1)
    for address in ("127.0.0.1", "10.1.2.3", "::1", "", "no address"):
        assert [type(connections.enter(address)) for _ in range(2)] == [int, int]


def test_workers_count_together(tmp_path: Path) -> None:
    register = Register(tmp_path / "http", 2, 3, KINDS)
    register.make()
    one, two = (Connections(3, 2, Attendance(register, number)) for number in (1, 2))
    assert isinstance(one.enter(ONE), int)
    assert isinstance(two.enter(ONE), int)
    assert one.enter(ONE) == two.enter(ONE) == "address-connections"
    assert isinstance(one.enter(OTHER), int)
    assert two.enter(OTHER) == "connections"
    register.strike(1)
    assert [type(two.enter(address)) for address in (ONE, OTHER)] == [int, int]


async def _asks(server: ApiServer) -> tuple[bytes, asyncio.StreamWriter]:
    """The beginning of an answer, on a connection that stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(LIVE)
    try:
        return await reader.read(12), writer
    except ConnectionError:
        return b"", writer


async def test_who_is_one_too_many_is_let_go_without_a_word(office: Office) -> None:
    server = server_on(office, max_connections=2)
    await server.open()
    opened = [await _asks(server) for _ in range(2)]
    assert [said for said, _ in opened] == [b"HTTP/1.1 200"] * 2
    said, late = await _asks(server)
    assert said == b""
    late.close()
    opened[0][1].close()
    async with asyncio.timeout(20):
        while (answer := await _asks(server))[0] == b"":  # until the door has seen that the other one is gone
            answer[1].close()
    assert answer[0] == b"HTTP/1.1 200"
    for writer in (opened[1][1], answer[1]):
        writer.close()
    await server.close()
