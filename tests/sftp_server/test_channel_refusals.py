"""Nothing but SFTP: what the OpenSSH programs are refused when they ask for more."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.sftp_server.openssh import identity, listing, openssh
from tests.sftp_server.scene import Scene


@pytest.fixture
def key(scene: Scene, tmp_path: Path) -> Path:
    return identity(tmp_path, scene.key)


@pytest.mark.parametrize("words", [(), ("id",), ("-s", "netconf"), ("-tt", "id"), ("internal-sftp",)])
async def test_no_shell_no_command_no_other_subsystem(scene: Scene, key: Path, words: tuple[str, ...]) -> None:
    flags = tuple(word for word in words if word in ("-s", "-tt"))
    done = await openssh(scene, "ssh", key, *(word for word in words if word not in flags), before=flags)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "uid=" not in done.stderr


async def test_scp_of_old_copies_nothing(scene: Scene, key: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"bytes")
    up = await openssh(scene, "scp", key, str(victim), "rennes@127.0.0.1:/EtatCivil/out/x.zip", before=("-O",))
    down = await openssh(scene, "scp", key, f"rennes@127.0.0.1:{victim}", str(tmp_path / "copy"), before=("-O",))
    assert up.returncode != 0
    assert down.returncode != 0
    assert not (tmp_path / "copy").exists()


async def test_scp_of_today_is_sftp_and_sees_no_host(scene: Scene, key: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"bytes")
    name = await scene.deposit()
    await openssh(scene, "scp", key, f"rennes@127.0.0.1:{victim}", str(tmp_path / "copy"), before=("-s",))
    assert not (tmp_path / "copy").exists()
    done = await openssh(
        scene, "scp", key, f"rennes@127.0.0.1:/EtatCivil/in/{name}", str(tmp_path / "copy"), before=("-s", "-v")
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "copy").stat().st_size > 0


async def test_no_connection_is_made_for_a_client(scene: Scene, key: Path) -> None:
    """`-W`, what `-L` and `-D` ask for when somebody uses them."""
    reached = asyncio.Event()
    target = await asyncio.start_server(lambda *_: reached.set(), "127.0.0.1", 0)
    async with target:
        port = target.sockets[0].getsockname()[1]
        done = await openssh(scene, "ssh", key, before=("-W", f"127.0.0.1:{port}"))
        assert done.returncode != 0
        assert "administratively prohibited" in done.stderr or "open failed" in done.stderr
        async with scene.connect() as conn:
            with pytest.raises(asyncssh.ChannelOpenError):
                await conn.open_connection("127.0.0.1", port)
            with pytest.raises(asyncssh.ChannelOpenError):
                await conn.open_unix_connection("/run/socket")
        assert not reached.is_set()


@pytest.mark.parametrize("forward", ["0:127.0.0.1:9", "0", "{}/socket:127.0.0.1:9"])
async def test_nothing_listens_for_a_client(scene: Scene, key: Path, tmp_path: Path, forward: str) -> None:
    forward = forward.format(tmp_path)
    done = await openssh(scene, "ssh", key, options=("ExitOnForwardFailure=yes",), before=("-N", "-R", forward))
    assert done.returncode != 0
    assert "forwarding failed" in done.stderr
    assert "socket" not in os.listdir(tmp_path)


async def test_no_agent_and_no_display_is_reached(scene: Scene) -> None:
    async with scene.connect() as conn:
        requests: list[tuple[bytes, tuple[bytes, ...]]] = [
            (b"auth-agent-req@openssh.com", ()),
            (b"x11-req", (b"\0", _text(b"MIT-MAGIC-COOKIE-1"), _text(b"00" * 16), bytes(4))),
        ]
        for name, arguments in requests:
            assert not await _asked(conn, name, arguments), name


async def test_no_variable_is_set(scene: Scene, key: Path, tmp_path: Path) -> None:
    """OpenSSH's client sends some where its configuration says so, and goes on without them."""
    async with scene.connect() as conn:
        assert not await _asked(conn, b"env", (_text(b"LANG"), _text(b"fr_FR.UTF-8")))
        assert not await _asked(conn, b"env", (_text(b"X" * 10_000), _text(b"y" * 10_000)))
    before = listing(tmp_path, "ls /EtatCivil/in")
    done = await openssh(scene, "sftp", key, options=("SetEnv=LANG=fr_FR.UTF-8",), before=before)
    assert done.returncode == 0, done.stderr


async def _asked(conn: asyncssh.SSHClientConnection, name: bytes, arguments: tuple[bytes, ...]) -> bool:
    """Whether the door grants a request on a session channel."""
    answers: list[bool] = []

    class Asking(asyncssh.SSHClientSession[bytes]):
        def connection_made(self, chan: Any) -> None:
            self.channel = chan

    channel: Any = asyncssh.SSHClientChannel(conn, asyncio.get_running_loop(), "strict", None, "strict", 2**16, 2**15)
    await channel._open(b"session")
    channel._session = Asking()
    answers.append(await channel._make_request(name, *arguments))
    channel.abort()
    return answers[0]


def _text(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


async def test_links_and_foreign_paths_are_refused_and_nothing_of_the_host_is_told(
    scene: Scene, key: Path, tmp_path: Path
) -> None:
    name = await scene.deposit()
    lines = (
        f"-symlink /EtatCivil/in/{name} link",
        f"-ln /EtatCivil/in/{name} hard",
        f"-ln -s {tmp_path} EtatCivil/out/x",
        f"-get {tmp_path}/key {tmp_path}/stolen",
        "-get /etc/passwd stolen",
        "-get ../../../../../../etc/passwd stolen",
        "-mkdir new",
        "-rmdir EtatCivil",
        "-df",
        "ls -la /EtatCivil/in",
        "ls -lan /EtatCivil/in",
    )
    done = await openssh(scene, "sftp", key, before=listing(tmp_path, *lines))
    assert done.returncode == 0, done.stderr
    said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("sftp>"))
    assert not (tmp_path / "stolen").exists()
    said = said.replace(str(tmp_path), "")
    for secret in (
        socket.gethostname(),
        str(scene.spool),
        str(os.getpid()),
        "root",
        getpass.getuser(),
        "/usr/",
        "Errno",
    ):
        assert secret not in said, secret


async def test_times_and_modes_are_taken_and_mean_nothing(scene: Scene, key: Path, tmp_path: Path) -> None:
    name = await scene.deposit()
    path = f"/EtatCivil/in/{name}"
    lines = (f"chmod 777 {path}", f"chmod 000 {path}", f"ls -l {path}")
    done = await openssh(scene, "sftp", key, before=listing(tmp_path, *lines))
    assert done.returncode == 0, done.stderr

    async with scene.connect() as conn:
        sftp = await conn.start_sftp_client()
        before = await sftp.stat(path)
        await sftp.setstat(path, asyncssh.SFTPAttrs(permissions=0o777, atime=1, mtime=1))
        after = await sftp.stat(path)
    assert (before.permissions, before.mtime, before.size) == (after.permissions, after.mtime, after.size)
