"""Nothing but SFTP can be had on a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncssh
import paramiko
import pytest

from gateway.sftp_server.admission import Limits
from tests.sftp_server.scene import PASSWORD, Scene, transport_to


def _pty(channel: paramiko.Channel) -> None:
    channel.get_pty()


@pytest.mark.parametrize(
    "request_of",
    [
        lambda channel: channel.invoke_shell(),
        lambda channel: channel.exec_command("ls"),
        lambda channel: channel.exec_command("scp -t /"),
        lambda channel: channel.invoke_subsystem("netconf"),
        _pty,
        lambda channel: channel.request_x11(handler=lambda *_: None),
    ],
    ids=["shell", "exec", "scp", "subsystem", "pty", "x11"],
)
async def test_other_sessions_are_denied(scene: Scene, request_of: Callable[[paramiko.Channel], object]) -> None:
    def attempt() -> None:
        with transport_to(scene.address) as transport:
            transport.connect(username="rennes", password=PASSWORD)
            with transport.open_session() as channel, pytest.raises(paramiko.SSHException):
                request_of(channel)

    await asyncio.to_thread(attempt)


async def test_nothing_is_forwarded(scene: Scene) -> None:
    port = scene.server.port

    def attempt() -> None:
        with transport_to(scene.address) as transport:
            transport.connect(username="rennes", password=PASSWORD)
            with pytest.raises(paramiko.ChannelException):
                transport.open_channel("direct-tcpip", ("127.0.0.1", port), ("127.0.0.1", 1))
            with pytest.raises(paramiko.SSHException):
                transport.request_port_forward("127.0.0.1", 0)

    await asyncio.to_thread(attempt)


async def test_no_socket_of_the_host_is_reached(scene: Scene) -> None:
    async with scene.connect() as conn:
        with pytest.raises(asyncssh.ChannelOpenError):
            await conn.open_unix_connection("/run/any.sock")
        with pytest.raises(asyncssh.ChannelListenError):
            await conn.start_unix_server(lambda *_: None, "/run/any.sock")
        with pytest.raises(asyncssh.ChannelOpenError):
            await conn.create_tun(lambda: None)  # type: ignore[arg-type, return-value] # refused before it is called


async def test_signals_and_sizes_of_windows_do_nothing(scene: Scene) -> None:
    async with scene.connect() as conn:
        writer, reader, _ = await conn.open_session(subsystem="sftp", encoding=None)
        channel = writer.channel
        assert isinstance(channel, asyncssh.SSHClientChannel)
        channel.send_signal("TERM")
        channel.change_terminal_size(80, 24)
        channel.send_break(10)
        writer.write(bytes.fromhex("00000005 01 00000003"))
        assert (await reader.readexactly(9))[4:] == bytes.fromhex("02 00000003")


async def test_a_few_channels_may_share_a_connection(scene: Scene) -> None:
    async with scene.connect() as conn:
        clients = [await conn.start_sftp_client() for _ in range(Limits().channels)]
        with pytest.raises(asyncssh.ChannelOpenError, match="Too many channels"):
            await conn.start_sftp_client()
        for client in clients:
            assert await client.exists("/EtatCivil")
            client.exit()
