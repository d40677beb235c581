"""A subscriber's server, reached for real: OpenSSH's, and one that fails when it is told to."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from gateway.bridge import remote as remote_module
from gateway.bridge.remote import CHUNK, Entry, RefusedError, Remote, RemoteError, connected
from gateway.domain.pushing import PushTarget
from tests.bridge.servers import Server, key_of, line_of, openssh, serving

OWN = key_of("own")
CONTENT = os.urandom(9 * CHUNK + 17)


@pytest.fixture(params=["asyncssh", "openssh"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    made = (
        serving(tmp_path, authorized=line_of(OWN)) if request.param == "asyncssh" else openssh(tmp_path, line_of(OWN))
    )
    async with made as server:
        yield server


def by_key(server: Server, **changes: object) -> PushTarget:
    return server.target(password=None, key=OWN.export_private_key().decode(), **changes)


def session(target: PushTarget, *, private: bool = True, timeout: float = 20) -> AbstractAsyncContextManager[Remote]:
    return connected(target, private=private, connect_timeout=20, timeout=timeout)


async def upload(remote: Remote, path: str, content: bytes) -> None:
    async def read(offset: int, length: int) -> bytes:
        return content[offset : offset + length]

    await remote.upload(path, len(content), read)


async def test_files_go_there_whole_and_come_back(server: Server) -> None:
    async with session(by_key(server)) as remote:
        assert await remote.size("in/a b é.zip") is None
        await upload(remote, "in/.a b é.zip.part", CONTENT)
        assert await remote.size("in/.a b é.zip.part") == len(CONTENT)
        await remote.rename("in/.a b é.zip.part", "in/a b é.zip")
        await upload(remote, "in/empty", b"")
        found = {one.name: one.size for one in await remote.files("in")}
        assert found == {"a b é.zip": len(CONTENT), "empty": 0}
        copy = io.BytesIO()
        assert await remote.fetch("in/a b é.zip", len(CONTENT), copy) == len(CONTENT)
        assert copy.getvalue() == CONTENT
        assert await remote.fetch("in/a b é.zip", 10, io.BytesIO()) == 11
        await remote.ensure_directory("out/DONE")
        await remote.ensure_directory("out/DONE")
        assert await remote.files("out") == []
        await remote.remove("in/empty")
    assert server.files() == {"a b é.zip": CONTENT}


async def test_what_the_server_refuses_is_told_and_the_session_goes_on(server: Server) -> None:
    async with session(by_key(server)) as remote:
        with pytest.raises(RefusedError, match="refused"):
            await upload(remote, "nowhere/a", b"x")
        with pytest.raises(RefusedError):
            await remote.rename("in/none", "in/other")
        with pytest.raises(RefusedError):
            await remote.files("nowhere")
        await upload(remote, "in/a", b"x")
    assert server.files() == {"a": b"x"}


async def test_another_host_key_is_not_trusted_and_its_fingerprint_is_told(server: Server) -> None:
    other = line_of(key_of("other"))
    with pytest.raises(RemoteError, match="pinned") as raised:
        async with session(replace(by_key(server), host_keys=(other,))):
            pytest.fail("it was trusted")
    assert key_of("host").get_fingerprint() in str(raised.value)
    async with session(replace(by_key(server), host_keys=(other, server.host_key))) as remote:
        assert await remote.files("in") == []


async def test_who_is_not_let_in_is_told_so(server: Server) -> None:
    stranger = key_of("stranger").export_private_key().decode()
    with pytest.raises(RemoteError, match="log in"):
        async with session(replace(by_key(server), key=stranger)):
            pytest.fail("it was let in")


async def test_a_password_logs_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        async with session(server.target()) as remote:
            assert await remote.files("in") == []
        with pytest.raises(RemoteError, match="log in"):
            async with session(server.target(password="another")):
                pytest.fail("it was let in")


async def test_a_private_address_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        with pytest.raises(RemoteError, match="not a public one"):
            async with session(server.target(), private=False):
                pytest.fail("it was reached")
        assert server.logins == 0


async def test_a_dead_server_cannot_be_reached(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        target = server.target()
    with pytest.raises(RemoteError, match="cannot be reached"):
        async with session(target):
            pytest.fail("it was reached")


async def test_a_server_that_does_not_answer_is_left(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        server.trouble = lambda verb, _: asyncio.Event().wait() if verb == "open" else None
        with pytest.raises(RemoteError, match="in time"):
            async with session(server.target(), timeout=0.2) as remote:
                await upload(remote, "in/a", b"x")


async def test_a_connection_lost_while_writing_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:

        def cut(verb: str, _: str) -> None:
            if verb == "write":
                server.cut()

        server.trouble = cut
        with pytest.raises(RemoteError) as raised:
            async with session(server.target()) as remote:
                await upload(remote, "in/a", CONTENT)
        assert not isinstance(raised.value, RefusedError)


async def test_a_full_disk_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:

        def full(verb: str, _: str) -> None:
            if verb == "write":
                raise asyncssh.SFTPNoSpaceOnFilesystem("no space left")

        server.trouble = full
        with pytest.raises(RefusedError, match="no space left"):
            async with session(server.target()) as remote:
                await upload(remote, "in/a", CONTENT)


async def test_no_more_than_a_few_chunks_are_held(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, session(server.target()) as remote:
        held, most, gate = 0, 0, asyncio.Event()

        def wait(verb: str, _: str) -> object:
            return gate.wait() if verb == "write" else None

        server.trouble = wait
        asked = asyncio.Event()

        async def read(offset: int, length: int) -> bytes:
            nonlocal held, most
            held += 1
            most = max(most, held)
            if held == 5:
                asked.set()
            return CONTENT[offset : offset + length]

        going = asyncio.create_task(remote.upload("in/a", len(CONTENT), read))
        await asked.wait()
        assert most == 5
        gate.set()
        await going
    assert server.files() == {"a": CONTENT}


def test_an_entry_that_changed_is_another_one() -> None:
    assert Entry("a", 1, 2) != Entry("a", 1, 3)


async def test_a_directory_without_end_and_names_that_are_no_utf8_keep_nobody_from_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path) as server:
        for name in (b"retour.zip", b"r\xe9ponse.zip", b"third.zip"):
            (server.root / "out" / os.fsdecode(name)).write_bytes(b"x")
        async with session(server.target()) as remote:
            assert {one.name for one in await remote.files("out")} == {"retour.zip", "r\ufffdponse.zip", "third.zip"}
            monkeypatch.setattr(remote_module, "MOST_FILES", 2)
            assert len(await remote.files("out")) == 2
            assert len(await remote.files("out")) == 2
