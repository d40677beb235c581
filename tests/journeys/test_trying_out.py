"""A subscriber gets ready with made-up dossiers, through the real doors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from gateway import app
from gateway.bridge.answers import carry_answers
from gateway.domain.identity import Caller, Mode
from gateway.services import readiness, synthetic
from gateway.services.office import gateway_caller
from tests.journeys import legacy
from tests.journeys.gateways import prepare, running, settings_for
from tests.journeys.rest import Rest
from tests.journeys.world import BREST, RENNES, declare, subscription_id
from tests.pec.answers import retour_xml


@pytest.fixture
async def gateway(tmp_path: Path, keys: Path) -> AsyncIterator[app.Gateway]:
    settings = settings_for(tmp_path / "data", keys)
    await prepare(settings, declare)
    async with running(settings) as gateway:
        yield gateway


@pytest.fixture
def team(gateway: app.Gateway) -> Caller:
    return gateway_caller(gateway.office, "gateway subscriptions try")


async def counted(client: Rest) -> list[str]:
    """The figures of deposits and acknowledgements that there are."""
    lines = (await client.raw("GET", "/metrics")).body.decode().splitlines()
    names = ("deposits_total", "acknowledgements_total")
    return [line for line in lines if not line.startswith("#") and any(name in line for name in names)]


async def test_both_kinds_of_recipient_take_them_for_dossiers(
    gateway: app.Gateway, http: aiohttp.ClientSession, team: Caller
) -> None:
    ids = [subscription_id(RENNES), subscription_id(BREST)]
    at_rennes, at_brest = await synthetic.send(gateway.office, team, ids, 1)

    def legacy_server() -> None:
        with legacy.session(gateway.sftp_port, "rennes") as server:
            (name,) = server.list()
            assert at_rennes.external_id in name
            assert any(b"TEST: dossier fictif" in data for data in server.entries(name).values())
            server.rename(name)
            server.put("retour.xml", retour_xml(at_rennes.external_id, 100, "Fait"))

    await asyncio.to_thread(legacy_server)
    await carry_answers(gateway.office)

    brest = Rest(http, gateway.http_port, "brest")
    (notification,) = await brest.notifications()
    case = await brest.case(notification["caseId"])
    assert case["externalId"].startswith(at_brest.external_id)
    assert b"".join([await brest.download(case["id"], one) for one in case["attachments"]]).count(b"TEST") >= 2
    for status in ("SI_RECEIVED", "DONE"):
        await brest.event(case["id"], "STATUS_UPDATE", caseNewStatus=status)
    await brest.dismiss(notification["id"])

    sent = [at_rennes.folder_id, at_brest.folder_id]
    folders = await gateway.office.store.read(lambda tx: [tx.folders.get(one) for one in sent])
    assert [one and one.status for one in folders] == ["DONE", "DONE"]
    assert await Rest(http, gateway.http_port, "depot").notifications() == []
    assert await counted(brest) == []
    await Rest(http, gateway.http_port, "depot").deposit("A-9-1", "brest")
    (line,) = await counted(brest)
    assert line.endswith('deposits_total{process="EtatCivil"} 1.0')

    assert await synthetic.clean(gateway.office, team, ids) == 2
    reply = await brest.raw("GET", f"/teledossiers/v1/cases/{case['id']}/attachments/{case['attachments'][0]['id']}")
    assert reply.status == 404
    found = await readiness.readiness(gateway.office, team, ids[0], Mode.API)
    present = next(point for point in found.points if point.name == "present")
    assert present.reason.startswith("rennes was last seen 0 min ago (paramiko")
