"""Archives on their way to servers that fail, hang, or are not the ones that they should be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from gateway.domain.deliveries import DeliveryState
from gateway.domain.outgoing import OutgoingState
from gateway.services.office import Office
from tests.bridge.pushed import breaker_of, bytes_of, call_of, only, push_to, pushes_of, sent
from tests.bridge.servers import Server, key_of, line_of, serving
from tests.journeys.offices import Clock, deposited

READY, FETCHED, ACCEPTED = DeliveryState.READY, DeliveryState.FETCHED, DeliveryState.ACCEPTED
HOUR = timedelta(hours=1)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path / "rennes") as server:
        yield server


async def test_a_connection_lost_while_writing_is_begun_again(
    office: Office, server: Server, tmp_path: Path, clock: Clock
) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")

    def cut(verb: str, _: str) -> None:
        if verb == "write":
            server.cut()

    server.trouble = cut
    pushes = pushes_of(office, tmp_path)
    await sent(pushes)
    delivery = await only(office, view.cases[0].id)
    assert (delivery.state, (await breaker_of(office, "rennes")).failures) == (READY, 1)
    assert delivery.archive_name not in server.files()
    assert await sent(pushes) == 0
    server.trouble = None
    clock.pass_by(HOUR)
    assert await sent(pushes) == 1
    assert server.files() == {delivery.archive_name: await bytes_of(office, delivery)}
    assert (await breaker_of(office, "rennes")).failures == 0


async def test_a_full_disk_is_tried_again_for_as_long_as_the_delivery_is_open(
    office: Office, server: Server, tmp_path: Path, clock: Clock
) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")

    def full(verb: str, _: str) -> None:
        if verb == "write":
            raise asyncssh.SFTPNoSpaceOnFilesystem("no space left")

    server.trouble = full
    pushes = pushes_of(office, tmp_path)
    delivery = await only(office, view.cases[0].id)
    for _ in range(office.policy.retry.attempts + 2):
        assert await sent(pushes) == 1
        clock.pass_by(HOUR)
    call = await call_of(office, delivery)
    assert call is not None
    assert call.state is OutgoingState.PENDING
    assert "no space left" in (call.last_error or "")
    server.trouble = None
    await sent(pushes)
    assert (await only(office, delivery.case_id)).state is ACCEPTED


async def test_a_server_that_lets_nobody_set_times_or_modes_gets_archives_all_the_same(
    office: Office, server: Server, tmp_path: Path
) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")

    def refused(verb: str, _: str) -> None:
        if verb == "setstat":
            raise asyncssh.SFTPPermissionDenied("times and modes are ours")

    server.trouble = refused
    assert await sent(pushes_of(office, tmp_path)) == 1
    delivery = await only(office, view.cases[0].id)
    assert delivery.state is ACCEPTED
    assert server.files() == {delivery.archive_name: await bytes_of(office, delivery)}


async def test_a_name_that_is_taken_just_before_the_rename_is_not_written_over(
    office: Office, server: Server, tmp_path: Path, clock: Clock
) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")
    delivery = await only(office, view.cases[0].id)
    theirs = server.root / "in" / delivery.archive_name

    def taken(verb: str, _: str) -> None:
        if verb == "rename":
            theirs.write_bytes(b"theirs")

    server.trouble = taken
    pushes = pushes_of(office, tmp_path)
    await sent(pushes)
    assert theirs.read_bytes() == b"theirs"
    assert (await only(office, delivery.case_id)).state is READY
    theirs.unlink()
    server.trouble = None
    clock.pass_by(HOUR)
    await sent(pushes)
    assert server.files() == {delivery.archive_name: await bytes_of(office, delivery)}


async def test_another_host_key_opens_the_breaker_and_shows_its_fingerprint(
    office: Office, server: Server, tmp_path: Path, clock: Clock
) -> None:
    target = replace(server.target(), host_keys=(line_of(key_of("other")),))
    await push_to(office, "rennes", target)
    view = await deposited(office, "A-9-1", "rennes")
    pushes = pushes_of(office, tmp_path)
    await sent(pushes)
    breaker = await breaker_of(office, "rennes")
    assert key_of("host").get_fingerprint() in (breaker.last_error or "")
    assert (server.files(), server.logins) == ({}, 0)
    assert await sent(pushes) == 0
    call = await call_of(office, await only(office, view.cases[0].id))
    assert call is not None
    assert call.attempts == 0
    clock.pass_by(HOUR)
    await push_to(office, "rennes", replace(target, host_keys=(*target.host_keys, server.host_key)))
    assert await sent(pushes) == 1
    assert len(server.files()) == 1


async def test_a_server_that_hangs_delays_no_other_and_takes_one_connection(
    office: Office, server: Server, tmp_path: Path
) -> None:
    async with serving(tmp_path / "nantes") as slow:
        hanging, gate = asyncio.Event(), asyncio.Event()

        async def wait(verb: str, _: str) -> None:
            if verb == "write":
                hanging.set()
                await gate.wait()

        slow.trouble = wait
        await push_to(office, "rennes", server.target())
        await push_to(office, "nantes", slow.target())
        await deposited(office, "A-1", "nantes")
        await deposited(office, "A-2", "nantes")
        pushes = pushes_of(office, tmp_path)
        assert await pushes.send_due() == 1
        await hanging.wait()
        view = await deposited(office, "A-3", "rennes")
        arrived = asyncio.Event()
        server.trouble = lambda verb, _: arrived.set() if verb == "renamed" else None
        assert await pushes.send_due() == 1
        await arrived.wait()
        assert len(server.files()) == 1
        assert not any(name.endswith(".zip") and not name.startswith(".") for name in slow.files())
        gate.set()
        await pushes.idle()
        assert (await only(office, view.cases[0].id)).state is ACCEPTED
        assert len(slow.files()) == 2
        assert slow.most_sessions == 1


async def test_a_dead_server_is_left_alone_and_all_that_waited_goes_when_it_is_back(
    office: Office, server: Server, tmp_path: Path, clock: Clock
) -> None:
    async with serving(tmp_path / "nantes") as gone:
        dead = gone.target()
    await push_to(office, "nantes", dead)
    await push_to(office, "rennes", server.target())
    for number in ("A-1", "A-2"):
        await deposited(office, number, "nantes")
    await deposited(office, "A-3", "rennes")
    pushes = pushes_of(office, tmp_path, connections=1)
    assert await sent(pushes) == 2
    assert len(server.files()) == 1
    breaker = await breaker_of(office, "nantes")
    assert (breaker.failures, breaker.lets(clock())) == (1, False)
    async with serving(tmp_path / "nantes") as back:
        await push_to(office, "nantes", replace(dead, port=back.port))
        assert await sent(pushes) == 0
        clock.pass_by(HOUR)
        assert await sent(pushes) == 1
        assert len(back.files()) == 2
    assert (await breaker_of(office, "nantes")).failures == 0
