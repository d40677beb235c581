"""Archives delivered to subscribers' own servers, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.domain.deliveries import DeliveryState, Gesture
from gateway.domain.identity import Mode
from gateway.services import push, push_queue
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.push_keys import public_key
from tests.bridge.pushed import breaker_of, bytes_of, call_of, only, push_to, pushes_of, sent
from tests.bridge.servers import Server, openssh, serving
from tests.journeys.offices import Clock, Tally, deposited
from tests.services.scene import case_now, entries, lines_of, states, switch

READY, FETCHED, ACCEPTED = DeliveryState.READY, DeliveryState.FETCHED, DeliveryState.ACCEPTED
HOUR = timedelta(hours=1)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path / "rennes") as server:
        yield server


async def test_a_publication_is_delivered_whole_and_its_case_is_sent(
    office: Office, server: Server, tmp_path: Path
) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")
    delivery = await only(office, view.cases[0].id)
    pushes = pushes_of(office, tmp_path)
    assert await sent(pushes) == 1
    whole = await bytes_of(office, delivery)
    assert server.files() == {delivery.archive_name: whole}
    assert (await only(office, delivery.case_id)).state is ACCEPTED
    assert (await case_now(office, delivery.case_id)).status == "SENT"
    (line,) = [one for one in await lines_of(office, view.folder.id) if one.entry == "delivery.pushed"]
    assert (line.door, line.digest) == ("PUSH", hashlib.sha256(whole).hexdigest())
    assert await sent(pushes) == 0
    assert isinstance(office.meter, Tally)
    assert office.meter.counts["pushes_total"] == 1


async def test_opensshs_server_takes_archives_by_the_gateways_own_key(office: Office, tmp_path: Path) -> None:
    async with openssh(tmp_path / "rennes", public_key(office)) as server:
        await push_to(office, "rennes", server.target(password=None))
        view = await deposited(office, "A-9-1", "rennes")
        assert await sent(pushes_of(office, tmp_path)) == 1
        delivery = await only(office, view.cases[0].id)
        assert server.files() == {delivery.archive_name: await bytes_of(office, delivery)}
        assert delivery.state is ACCEPTED


async def test_without_reading_among_the_acknowledgements_it_is_fetched_only(
    office: Office, server: Server, tmp_path: Path
) -> None:
    await push_to(office, "rennes", server.target(acknowledge_on=frozenset({Gesture.ANSWER})))
    view = await deposited(office, "A-9-1", "rennes")
    pushes = pushes_of(office, tmp_path)
    await sent(pushes)
    assert (await only(office, view.cases[0].id)).state is FETCHED
    assert await push_queue.adopt(office) == 0
    assert await sent(pushes) == 0


async def test_several_go_over_one_connection_in_their_order(office: Office, server: Server, tmp_path: Path) -> None:
    await push_to(office, "rennes", server.target())
    for number in ("A-1", "A-2", "A-3"):
        await deposited(office, number, "rennes")
    names: list[str] = []
    server.trouble = lambda verb, path: names.append(path) if verb == "rename" else None
    await sent(pushes_of(office, tmp_path))
    assert len(server.files()) == 3
    assert [name.split("A-")[1][0] for name in names] == ["1", "2", "3"]
    assert (server.logins, server.most_sessions) == (1, 1)


async def test_what_stands_there_already_counts_once(office: Office, server: Server, tmp_path: Path) -> None:
    """The process died between the rename and the commit."""
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")
    died = asyncio.Event()

    async def die(verb: str, _: str) -> None:
        if verb == "renamed":
            died.set()
            await asyncio.Event().wait()

    server.trouble = die
    first = pushes_of(office, tmp_path)
    await first.send_due()
    await died.wait()
    await first.drain(0)
    delivery = await only(office, view.cases[0].id)
    assert delivery.state is READY
    assert list(server.files()) == [delivery.archive_name]
    opened: list[str] = []
    server.trouble = lambda verb, path: opened.append(path) if verb == "open" else None
    assert await sent(pushes_of(office, tmp_path)) == 1
    assert opened == []
    assert (await only(office, delivery.case_id)).state is ACCEPTED
    assert (await entries(office, view.folder.id)).count("delivery.pushed") == 1
    assert await sent(pushes_of(office, tmp_path)) == 0


async def test_a_file_of_another_size_is_never_touched(office: Office, server: Server, tmp_path: Path) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")
    other = await deposited(office, "A-9-2", "rennes")
    delivery = await only(office, view.cases[0].id)
    (server.root / "in" / delivery.archive_name).write_bytes(b"theirs")
    await sent(pushes_of(office, tmp_path))
    assert server.files()[delivery.archive_name] == b"theirs"
    call = await call_of(office, delivery)
    assert call is not None
    assert "of another size" in (call.last_error or "")
    assert (await only(office, view.cases[0].id)).state is READY
    assert (await only(office, other.cases[0].id)).state is ACCEPTED
    assert (await breaker_of(office, "rennes")).failures == 0


async def test_a_switch_while_it_is_written_leaves_nothing_visible(
    office: Office, server: Server, tmp_path: Path
) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")
    writing, gate = asyncio.Event(), asyncio.Event()

    async def wait(verb: str, _: str) -> None:
        if verb == "write":
            writing.set()
            await gate.wait()

    server.trouble = wait
    pushes = pushes_of(office, tmp_path)
    await pushes.send_due()
    await writing.wait()
    await switch(office, "rennes", Mode.API)
    gate.set()
    await pushes.idle()
    assert server.files() == {}
    delivery = await only(office, view.cases[0].id)
    assert (delivery.state, await call_of(office, delivery)) == (READY, None)
    assert await push_queue.adopt(office) == 0
    await switch(office, "rennes", Mode.SFTP)
    assert await push_queue.adopt(office) == 1
    server.trouble = None
    await sent(pushes)
    assert await states(office, delivery.case_id) == [(delivery.kind, ACCEPTED)]
    assert list(server.files()) == [delivery.archive_name]


async def test_two_processes_never_go_to_one_server(office: Office, server: Server, tmp_path: Path) -> None:
    await push_to(office, "rennes", server.target())
    for number in ("A-1", "A-2", "A-3"):
        await deposited(office, number, "rennes")
    first, second = pushes_of(office, tmp_path), pushes_of(office, tmp_path)
    await asyncio.gather(first.send_due(), second.send_due())
    await asyncio.gather(first.idle(), second.idle())
    assert len(server.files()) == 3
    assert (server.most_sessions, server.logins) == (1, 1)


async def test_secrets_of_another_master_key_stop_that_server_alone(
    office: Office, server: Server, tmp_path: Path
) -> None:
    await push_to(office, "rennes", server.target())
    await deposited(office, "A-1", "rennes")

    def spoil(tx: Transaction) -> None:
        found = tx.subscriptions.get(sid)
        assert found is not None
        assert found.push is not None
        broken = replace(found.push, password="bm90IHNlYWxlZCBieSB0aGlzIGdhdGV3YXk=")
        tx.subscriptions.change(replace(found, push=broken), office.clock())

    ((sid, _),) = await push.waiting(office, 10)
    await office.store.write(spoil)
    await sent(pushes_of(office, tmp_path))
    assert (server.logins, server.files()) == (0, {})


async def test_who_lost_the_server_meanwhile_shows_nothing_and_removes_nothing(
    office: Office, server: Server, tmp_path: Path, clock: Clock
) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")
    writing, gate = asyncio.Event(), asyncio.Event()

    async def wait(verb: str, _: str) -> None:
        if verb == "write":
            writing.set()
            await gate.wait()

    server.trouble = wait
    pushes = pushes_of(office, tmp_path)
    await pushes.send_due()
    await writing.wait()
    clock.pass_by(HOUR)
    delivery = await only(office, view.cases[0].id)
    other = await push.open_server(office, delivery.subscription_id, "other", HOUR)
    assert other is not None
    gate.set()
    await pushes.idle()
    assert list(server.files()) == [f".{delivery.archive_name}.part"]
    assert (await only(office, delivery.case_id)).state is READY


async def test_who_is_there_keeps_the_server_however_long_one_thing_takes(
    office: Office, server: Server, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")
    writing, gate, kept = asyncio.Event(), asyncio.Event(), asyncio.Event()
    keep = push.keep

    async def wait(verb: str, _: str) -> None:
        if verb == "write":
            writing.set()
            await gate.wait()

    async def keeping(office: Office, held: push.Server) -> bool:
        found = await keep(office, held)
        kept.set()
        return found

    server.trouble = wait
    monkeypatch.setattr(push, "keep", keeping)
    pushes = pushes_of(office, tmp_path)
    pushes._beat = 0.01
    await pushes.send_due()
    await writing.wait()
    delivery = await only(office, view.cases[0].id)
    for _ in range(4):
        clock.pass_by(pushes._lease * 0.9)
        for _ in range(2):  # the first one may have looked at the clock before
            kept.clear()
            await kept.wait()
        assert await push.open_server(office, delivery.subscription_id, "other", HOUR) is None
    gate.set()
    await pushes.idle()
    assert (await only(office, delivery.case_id)).state is ACCEPTED
    assert await push.open_server(office, delivery.subscription_id, "other", HOUR) is not None, "and then gives it up"


async def test_what_a_killed_process_held_is_free_when_its_server_has_surely_ended_too(
    office: Office, server: Server, tmp_path: Path, clock: Clock
) -> None:
    await push_to(office, "rennes", server.target())
    view = await deposited(office, "A-9-1", "rennes")
    pushes = pushes_of(office, tmp_path, connect_timeout=10, timeout=60)
    ((subscription, _),) = await push.waiting(office, 10)
    assert await push.open_server(office, subscription, "killed", pushes._lease) is not None
    clock.pass_by(timedelta(seconds=60))
    assert await sent(pushes) == 1
    assert server.logins == 0
    clock.pass_by(timedelta(seconds=10))
    await sent(pushes)
    assert (await only(office, view.cases[0].id)).state is ACCEPTED
