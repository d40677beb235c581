"""A dual run through real doors: the new software practises beside the legacy server, then the subscriber moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

from gateway import app
from gateway.bridge.answers import carry_answers
from gateway.domain.identity import Mode
from gateway.domain.rehearsals import Comparison
from gateway.domain.switches import Switch
from gateway.services import rehearsals, switching
from gateway.services.office import gateway_caller
from gateway.services.once import Replay
from tests.journeys import legacy
from tests.journeys.gateways import prepare, running, settings_for
from tests.journeys.legacy import Legacy
from tests.journeys.offices import PDF
from tests.journeys.rest import BASE, Rest
from tests.journeys.world import BREST, RENNES, account_id, subscription_id
from tests.pec.answers import answer_zip

T = TypeVar("T")
FORTNIGHT = timedelta(days=14)


@pytest.fixture
async def gateway(tmp_path: Path, keys: Path) -> AsyncIterator[app.Gateway]:
    settings = settings_for(tmp_path / "data", keys)
    await prepare(settings)
    async with running(settings) as gateway:
        yield gateway


async def play(gateway: app.Gateway, work: Callable[[Legacy], T], username: str) -> T:
    def session() -> T:
        with legacy.session(gateway.sftp_port, username) as server:
            return work(server)

    return await asyncio.to_thread(session)


async def begun(gateway: app.Gateway, organization: str, mode: Mode) -> str:
    operator = gateway_caller(gateway.office, "ops")
    run = await rehearsals.start(gateway.office, operator, subscription_id(organization), mode, FORTNIGHT)
    assert not isinstance(run, Replay)
    return run.id


async def compared(gateway: app.Gateway, run: str) -> Comparison:
    return await rehearsals.compare(gateway.office, gateway_caller(gateway.office, "ops"), run)


async def told(depositor: Rest, case: str) -> tuple[Any, list[Any]]:
    """All that the depositor sees of a case."""
    return await depositor.case(case), await depositor.notifications()


async def test_new_software_practises_beside_the_legacy_server_and_takes_over(
    gateway: app.Gateway, http: aiohttp.ClientSession
) -> None:
    depositor, software = (Rest(http, gateway.http_port, name) for name in ("depot", "rennes"))
    run = await begun(gateway, RENNES, Mode.API)
    folder = await depositor.deposit("A-1", "rennes")
    case = folder["cases"][0]["id"]
    before = await told(depositor, case)

    (note,) = await software.notifications()
    shown = await software.case(case)
    contents = [await software.download(case, one) for one in shown["attachments"]]
    await software.set_status(case, "SI_RECEIVED")
    event = await software.event(case, "ATTACH_DEPOSIT", [("acte.pdf", PDF)], caseNewStatus="DONE", message="Voici.")
    path = f"{BASE}/cases/{case}/events/{event['id']}/attachments/{event['attachments'][0]['id']}"
    assert (await software.raw("GET", path)).body == PDF
    assert (await depositor.raw("GET", path)).status == 404
    assert (await software.case(case))["status"] == "DONE"
    await software.dismiss(note["id"])
    assert await software.notifications() == []
    assert await told(depositor, case) == before
    assert (await compared(gateway, run)).rows[0].differences == ("fetched by API only",)

    (archive,) = await play(gateway, lambda server: server.list(), "rennes")
    entries = await play(gateway, lambda server: server.entries(archive), "rennes")
    assert all(content in entries.values() for content in contents)
    await play(gateway, lambda server: server.rename(archive), "rennes")
    await play(gateway, lambda server: server.put("retour.zip", answer_zip("A-1", 19, "Voici.")), "rennes")
    await carry_answers(gateway.office)
    assert (await depositor.case(case))["status"] == "DONE"
    assert (await compared(gateway, run)).totals == {"equal": 1, "different": 0, "pending": 0}

    second = (await depositor.deposit("A-2", "rennes"))["cases"][0]["id"]
    await software.set_status(second, "IN_PROGRESS")
    operator = gateway_caller(gateway.office, "ops")
    await switching.switch(gateway.office, operator, subscription_id(RENNES), Switch(Mode.API))
    assert (await compared(gateway, run)).totals == {"equal": 1, "different": 1, "pending": 0}
    assert [one["caseId"] for one in await software.notifications()] == [second]
    assert (await software.case(second))["status"] == "HUBEE_NOTIFIED"
    assert await play(gateway, lambda server: server.list(), "rennes") == []
    await software.set_status(second, "IN_PROGRESS")
    assert (await depositor.case(second))["status"] == "IN_PROGRESS"


async def test_the_way_back_is_practised_over_sftp(gateway: app.Gateway, http: aiohttp.ClientSession) -> None:
    depositor, software = (Rest(http, gateway.http_port, name) for name in ("depot", "brest"))
    case = (await depositor.deposit("A-1", "brest"))["cases"][0]["id"]
    before = await told(depositor, case)
    run = await begun(gateway, BREST, Mode.SFTP)
    assert await gateway.office.store.read(lambda tx: tx.accounts.get(account_id("brest"))) is not None

    (archive,) = await play(gateway, lambda server: server.list(), "brest")
    with pytest.raises(OSError, match="Lisez l'archive en entier"):
        await play(gateway, lambda server: server.rename(archive), "brest")
    await play(gateway, lambda server: server.entries(archive), "brest")
    await play(gateway, lambda server: server.rename(archive), "brest")
    assert await play(gateway, lambda server: server.list("in/DONE"), "brest") == [archive]
    await play(gateway, lambda server: server.read(archive, "in/DONE"), "brest")
    await play(gateway, lambda server: server.put("a.zip", answer_zip("A-1", 19, "Voici.")), "brest")
    await play(gateway, lambda server: server.put("b.zip", answer_zip("A-1", 16)), "brest")
    await play(gateway, lambda server: server.put("c.zip", answer_zip("A-7", 16)), "brest")
    await carry_answers(gateway.office)
    failed = await play(gateway, lambda server: server.list("out/FAILED"), "brest")
    assert failed == ["b.zip", "b.zip.error.txt", "c.zip", "c.zip.error.txt"]

    assert await told(depositor, case) == before
    (note,) = await software.notifications()
    shown = await software.case(case)
    assert (shown["status"], shown["events"]) == ("HUBEE_NOTIFIED", [])
    for one in shown["attachments"]:
        await software.download(case, one)
    await software.set_status(case, "SI_RECEIVED")
    await software.set_status(case, "DONE")
    await software.dismiss(note["id"])
    assert (await compared(gateway, run)).totals == {"equal": 1, "different": 0, "pending": 0}
    await rehearsals.end(gateway.office, gateway_caller(gateway.office, "ops"), subscription_id(BREST))
    assert await play(gateway, lambda server: server.list("in/DONE"), "brest") == []
