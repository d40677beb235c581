"""A PUT of what fails a check is answered 204 and the status tells; one that cannot be checked now is to come again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.bridge.clamd import Clamd
from gateway.services.office import Office
from tests.api.visitor import PDF, XML, Visitor
from tests.engines.clamd import INFECTED, StandIn, stand_in

BAD_PDF = INFECTED.ljust(len(PDF))


@pytest.fixture
async def antivirus(tmp_path: Path) -> AsyncIterator[StandIn]:
    async with stand_in(tmp_path / "clamd") as served:
        yield served


@pytest.fixture
async def office(office: Office, antivirus: StandIn) -> Office:
    scanner = Clamd(antivirus.address, timeout=timedelta(minutes=1), max_stream=1 << 20)
    return replace(office, scanner=scanner)


async def statuses(visitor: Visitor, folder: str) -> dict[str, str]:
    answer = await visitor.call("depot", "GET", f"/folders/{folder}")
    return {one["mimeType"]: one["status"] for one in answer.json["attachments"]}


@pytest.mark.parametrize(
    ("content", "status"),
    [(PDF, "RECEIVED"), (b"%PDF-" + INFECTED.ljust(len(PDF) - 5), "CORRUPTED"), (BAD_PDF, "REJECTED")],
    ids=["clean", "infected", "another type"],
)
async def test_the_status_stands_when_the_answer_comes(visitor: Visitor, content: bytes, status: str) -> None:
    folder = await visitor.create()
    position = [one["mimeType"] for one in folder["attachments"]].index("application/pdf")
    answer = await visitor.put(folder, position, content)
    assert (answer.status, answer.body) == (204, b"")
    assert await statuses(visitor, folder["id"]) == {"application/pdf": status, "application/xml": "PENDING"}
    assert (await visitor.put(folder, 1 - position, XML)).status == 204
    completed = {"globalStatus": "HUBEE_COMPLETED"}
    assert (await visitor.call("depot", "PATCH", f"/folders/{folder['id']}", json=completed)).status == 204
    case, attachment = folder["cases"][0]["id"], folder["attachments"][position]["id"]
    download = await visitor.call("rennes", "GET", f"/cases/{case}/attachments/{attachment}")
    assert download.status == (200 if status == "RECEIVED" else 404)
    exposition = (await visitor.raw("GET", "/metrics")).body.decode()
    assert f'gateway_attachments_total{{outcome="{status}"}}' in exposition


async def test_an_antivirus_that_is_away_is_waited_for(visitor: Visitor, antivirus: StandIn) -> None:
    folder = await visitor.create()
    position = [one["mimeType"] for one in folder["attachments"]].index("application/pdf")
    antivirus.hangs_up = True
    answer = await visitor.put(folder, position, PDF)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "cannot be checked for viruses now" in answer.json["errors"][0]["message"]
    assert (await statuses(visitor, folder["id"]))["application/pdf"] == "PENDING"
    antivirus.hangs_up = False
    assert (await visitor.put(folder, position, PDF)).status == 204
    assert (await statuses(visitor, folder["id"]))["application/pdf"] == "RECEIVED"
