"""One legacy server for several town halls: what its account sees, and whom its answers mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest

from gateway import app
from gateway.bridge.answers import carry_answers
from gateway.services.ports import Transaction
from tests.journeys import legacy
from tests.journeys.gateways import prepare, running, settings_for
from tests.journeys.legacy import Legacy
from tests.journeys.rest import Rest
from tests.journeys.world import NANTES, PROCESS, RENNES, account_id, declare, subscription_id
from tests.pec.answers import answer_zip, retour_xml

T = TypeVar("T")


def shared(tx: Transaction) -> None:
    """Rennes' account serves Nantes too, whose archives have names of their own kind; Nantes' account is flat."""
    declare(tx)
    tx.accounts.serve(account_id("rennes"), {subscription_id(RENNES), subscription_id(NANTES)})
    found = tx.subscriptions.get(subscription_id(NANTES))
    assert found is not None
    now = app.now()
    tx.subscriptions.change(replace(found, template="{sender}.{number}-{process}-{sequence}.ftp.zip"), now)
    flat = tx.accounts.get(account_id("nantes"))
    assert flat is not None
    tx.accounts.change(replace(flat, flat=True), now)


@pytest.fixture
async def gateway(tmp_path: Path, keys: Path) -> AsyncIterator[app.Gateway]:
    settings = settings_for(tmp_path / "data", keys)
    await prepare(settings, shared)
    async with running(settings) as gateway:
        yield gateway


async def play(gateway: app.Gateway, work: Callable[[Legacy], T], username: str = "rennes") -> T:
    def session() -> T:
        with legacy.session(gateway.sftp_port, username) as server:
            return work(server)

    return await asyncio.to_thread(session)


async def test_two_cases_of_a_folder_have_two_archives_and_are_told_apart(
    gateway: app.Gateway, http: aiohttp.ClientSession
) -> None:
    depositor = Rest(http, gateway.http_port, "depot")
    folder = await depositor.deposit("A-9-1", "rennes", "nantes")
    names = await play(gateway, lambda server: server.list())
    assert sorted(name.rsplit("-", 1)[1].partition(".")[0] for name in names) == ["1", "2"]
    (templated,) = [name for name in names if name.endswith(".ftp.zip")]
    assert templated.startswith("13000918600011.A-9-1-EtatCivil-")
    assert await play(gateway, lambda server: server.sftp.listdir("/in"), "nantes") == ["DONE", "FAILED", templated]

    def fetch(server: Legacy) -> list[str]:
        envelopes = []
        for name in names:
            entries = server.entries(name)
            envelopes += [content.decode() for entry, content in entries.items() if "-ent-" in entry]
        server.put("both.zip", answer_zip("A-9-1", 19))
        return envelopes

    envelopes = await play(gateway, fetch)
    assert sorted(code for code in ("35238", "44109") for text in envelopes if f"<Valeur>{code}<" in text) == [
        "35238",
        "44109",
    ]
    assert await carry_answers(gateway.office) == 1
    assert await depositor.statuses(folder) == ["SENT", "SENT", "SENT"]
    failed = await play(gateway, lambda server: server.list("out/FAILED"))
    assert failed == ["both.zip", "both.zip.error.txt"]
    said = (await play(gateway, lambda server: server.read("both.zip.error.txt", "out/FAILED"))).decode()
    assert "désigne plusieurs dossiers" in said
    assert "means several dossiers" in said
    assert str(gateway.sftp_port) not in said

    await play(gateway, lambda server: server.put("one.xml", retour_xml("A-9-1-nantes", 100)))
    assert await carry_answers(gateway.office) == 1
    assert sorted((await depositor.statuses(folder))[1:]) == ["DONE", "SENT"]


async def test_complement_message_and_reopening_come_in_sequence(
    gateway: app.Gateway, http: aiohttp.ClientSession
) -> None:
    depositor = Rest(http, gateway.http_port, "depot")
    folder = await depositor.deposit("A-9-1", "rennes")
    case_id = folder["cases"][0]["id"]
    await depositor.event(case_id, "ATTACH_DEPOSIT", [("suite.pdf", b"%PDF-1.4 more")])
    await depositor.event(case_id, "SENDING_MESSAGE", message="Bonjour")
    names = [f"A-9-1-{PROCESS}-{sequence}.zip" for sequence in (1, 2, 3)]
    assert await play(gateway, lambda server: server.list()) == names

    def entries(server: Legacy) -> list[int]:
        return [len(server.entries(name)) for name in names]

    assert await play(gateway, entries) == [4, 5, 6]
    await play(gateway, lambda server: server.put("100.xml", retour_xml("A-9-1", 100)))
    assert await carry_answers(gateway.office) == 1
    assert await play(gateway, lambda server: server.list()) == []
    await depositor.set_status(case_id, "HUBEE_NOTIFIED")
    assert await play(gateway, lambda server: server.list()) == [f"A-9-1-{PROCESS}-4.zip"]
