"""Answers that lie on a subscriber's own server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from gateway.bridge.answers import carry_answers
from gateway.bridge.push import Pushes
from gateway.domain.deliveries import DeliveryState, Gesture
from gateway.services import housekeeping
from gateway.services.office import Office
from tests.bridge.pushed import breaker_of, looked, only, push_to, pushes_of, sent
from tests.bridge.servers import Server, serving
from tests.journeys.offices import Clock, deposited
from tests.journeys.world import RECIPIENTS, subscription_id
from tests.pec.answers import answer_zip, retour_xml
from tests.services.scene import case_now, lines_of

NUMBER = "A-9-1"


@pytest.fixture
async def server(office: Office, tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path / "rennes") as server:
        await push_to(office, "rennes", server.target(acknowledge_on=frozenset({Gesture.ANSWER})))
        yield server


@pytest.fixture
async def pushes(office: Office, server: Server, tmp_path: Path) -> Pushes:
    return pushes_of(office, tmp_path)


def put(server: Server, name: str, content: bytes) -> None:
    (server.root / "out" / name).write_bytes(content)


async def test_an_answer_is_taken_and_its_file_moved(office: Office, server: Server, pushes: Pushes) -> None:
    view = await deposited(office, NUMBER, "rennes")
    await sent(pushes)
    put(server, "retour.zip", answer_zip(NUMBER, 19, "Voici l'acte", {"acte.pdf": b"%PDF-1.4 signed"}))
    await looked(pushes)
    assert await carry_answers(office) == 0
    await looked(pushes)
    assert await carry_answers(office) == 1
    assert list(server.files("out")) == ["retour.zip"]
    await looked(pushes)
    assert server.files("out") == {}
    assert list(server.files("out/DONE")) == ["retour.zip"]
    assert (await case_now(office, view.cases[0].id)).status == "DONE"
    assert (await only(office, view.cases[0].id)).state is DeliveryState.ACCEPTED
    lines = await lines_of(office, view.folder.id)
    assert {line.door for line in lines if line.entry.startswith("answer.")} == {"PUSH"}


async def test_only_the_servers_that_are_named_are_looked_at(server: Server, pushes: Pushes) -> None:
    assert await pushes.look_for_answers(()) == 0
    assert pushes.visits == ()
    assert await pushes.look_for_answers({subscription_id(RECIPIENTS["rennes"])}) == 1
    assert len(pushes.visits) == 1
    await pushes.idle()
    assert (pushes.visits, server.logins) == ((), 1)


async def test_code_15_rejects_the_delivery(office: Office, server: Server, pushes: Pushes) -> None:
    view = await deposited(office, NUMBER, "rennes")
    await sent(pushes)
    put(server, "retour.xml", retour_xml(NUMBER, 15))
    await looked(pushes)
    await looked(pushes)
    await carry_answers(office)
    assert (await only(office, view.cases[0].id)).state is DeliveryState.REJECTED
    assert (await case_now(office, view.cases[0].id)).status == "SI_INTG_ERROR"


async def test_a_refused_answer_goes_to_failed_with_the_reason_beside_it(
    office: Office, server: Server, pushes: Pushes
) -> None:
    put(server, "retour.xml", retour_xml("B-1", 19))
    await looked(pushes)
    await looked(pushes)
    assert await carry_answers(office) == 1
    await looked(pushes)
    found = server.files("out/FAILED")
    assert set(found) == {"retour.xml", "retour.xml.error.txt"}
    assert "B-1" in found["retour.xml.error.txt"].decode()


async def test_what_still_changes_or_has_a_temporary_name_waits(office: Office, server: Server, pushes: Pushes) -> None:
    await deposited(office, NUMBER, "rennes")
    whole = answer_zip(NUMBER, 19, "Voici", {"acte.pdf": b"%PDF-1.4 signed"})
    for name in ("a.zip.part", "b.zip.filepart", "c.tmp", ".d.zip", "e.zip~"):
        put(server, name, whole)
    (server.root / "out" / "DONE").mkdir()
    for size in (100, 200, len(whole)):
        put(server, "retour.zip", whole[:size])
        await looked(pushes)
        assert await carry_answers(office) == 0
    await looked(pushes)
    assert await carry_answers(office) == 1
    assert len(server.files("out")) == 6


async def test_a_move_that_failed_is_made_again_and_nothing_is_taken_twice(
    office: Office, server: Server, pushes: Pushes, tmp_path: Path
) -> None:
    view = await deposited(office, NUMBER, "rennes")
    await sent(pushes)
    put(server, "retour.xml", retour_xml(NUMBER, 14))
    await looked(pushes)
    await looked(pushes)
    await carry_answers(office)

    def refuse(verb: str, _: str) -> None:
        if verb == "rename":
            raise asyncssh.SFTPPermissionDenied("no")

    server.trouble = refuse
    await looked(pushes)
    assert list(server.files("out")) == ["retour.xml"]
    assert (await breaker_of(office, "rennes")).failures == 0
    other = pushes_of(office, tmp_path)  # another process, which has not seen the directory yet
    server.trouble = None
    await looked(other)
    await looked(other)
    assert await carry_answers(office) == 0
    assert server.files("out") == {}
    assert list(server.files("out/DONE")) == ["retour.xml"]
    events = [line for line in await lines_of(office, view.folder.id) if line.entry == "answer.taken"]
    assert len(events) == 1


async def test_the_same_file_later_is_another_answer(office: Office, server: Server, pushes: Pushes) -> None:
    await deposited(office, NUMBER, "rennes")
    await sent(pushes)
    for _ in range(2):
        put(server, "retour.xml", retour_xml(NUMBER, 14))
        os.utime(server.root / "out" / "retour.xml", (1, 1))
        await looked(pushes)
        await looked(pushes)
        assert await carry_answers(office) == 1
        await looked(pushes)
        assert server.files("out") == {}
    assert len(server.files("out/DONE")) == 2


async def test_half_an_answer_is_given_up_after_its_time(
    office: Office, server: Server, pushes: Pushes, clock: Clock
) -> None:
    put(server, "retour.zip", answer_zip(NUMBER, 19, "Voici", {"acte.pdf": b"%PDF-1.4 signed"})[:90])
    await looked(pushes)
    await looked(pushes)
    assert await carry_answers(office) == 0
    clock.pass_by(office.policy.partial_after + timedelta(seconds=1))
    await housekeeping.settle_answers(office)
    await looked(pushes)
    assert "retour.zip.error.txt" in server.files("out/FAILED")


async def test_a_file_that_is_too_large_is_refused_unread(office: Office, server: Server, tmp_path: Path) -> None:
    pushes = pushes_of(office, tmp_path, answer_max_size=10)
    put(server, "retour.zip", b"x" * 11)
    await looked(pushes)
    await looked(pushes)
    assert set(server.files("out/FAILED")) == {"retour.zip", "retour.zip.error.txt"}
    assert await carry_answers(office) == 0
