"""A session channel on which only SFTP can be started: no shell, no command, no terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from asyncssh import SSHReader, SSHServerChannel, SSHWriter
from asyncssh.stream import SSHServerStreamSession

Served = Callable[["SSHServerChannel[bytes]", "SSHReader[bytes]", "SSHWriter[bytes]"], "Server"]


class Server(Protocol):
    """What speaks on the channel once it is open."""

    async def serve(self) -> None:
        """Runs until the channel's end; raises nothing."""

    def leaving(self) -> None:
        """The client has ended its side."""


class _Ending(SSHWriter[bytes]):
    """Ends the channel with an exit status: OpenSSH's scp calls a copy failed whose server gave none."""

    def close(self) -> None:
        channel = self.channel
        assert isinstance(channel, SSHServerChannel)
        channel.exit(0)


class SftpChannel(SSHServerStreamSession[bytes]):
    """Starts what `served` makes when the client asks for the subsystem `sftp`; its task is put into `tasks`."""

    def __init__(self, served: Served, tasks: set[asyncio.Task[None]]) -> None:
        super().__init__(None)
        self._served = served
        self._tasks = tasks
        self._server: Server | None = None

    def pty_requested(self, *_: object) -> bool:
        return False

    def shell_requested(self) -> bool:
        return False

    def exec_requested(self, command: str) -> bool:  # noqa: ARG002 (asyncssh's signature)
        return False

    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    def session_started(self) -> None:
        channel = self._chan
        assert isinstance(channel, SSHServerChannel)
        server = self._server = self._served(channel, SSHReader(self, channel), _Ending(self, channel))
        task = asyncio.get_running_loop().create_task(server.serve())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def eof_received(self) -> bool:
        if self._server is not None:
            self._server.leaving()
        return super().eof_received()

    def break_received(self, msec: int) -> bool:  # noqa: ARG002 (asyncssh's signature)
        return False

    def signal_received(self, signal: str) -> None:
        """Ignored: there is no process that could take it."""

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """Ignored: there is no terminal."""


def refuse_variables(channel: SSHServerChannel[bytes]) -> None:
    """Grants no variable on a new channel: asyncssh keeps each one, however many and large, and asks nobody."""
    vars(channel)["_process_env_request"] = _refused


def _refused(_: object) -> bool:
    """The answer to a request that is not granted, whatever it holds."""
    return False
