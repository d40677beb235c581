"""A move from its file in the watched folder to its way back, on a gateway that is served, killed and served again."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from gateway.app import now
from gateway.domain.identity import Door, Right, Role
from gateway.domain.referential import ApiClient
from gateway.domain.sightings import Sighting
from gateway.services.ports import Transaction
from tests.journeys import legacy
from tests.journeys.gateways import DEADLINE, prepare, settings_for
from tests.journeys.rest import Json, Rest
from tests.journeys.served import serving
from tests.journeys.world import declare, token_of

OPERATOR = "ADMIN-00000000000000-00000"
NATIVE = "/gateway/v1"
EVERY: dict[str, Any] = {"moves": {"every": "1s"}, "scheduler": {"lease": "2s"}}
FILE = "move: rennes\nselect: {process: EtatCivil, mode: SFTP, department: ['35']}\nto: API\n"


def declared(tx: Transaction) -> None:
    """The world, with an operator's client, and Rennes having tried the API."""
    declare(tx)
    tx.clients.add(ApiClient("operator", OPERATOR, Role.ADMIN, rights=frozenset(Right)), now())
    digest = hashlib.sha256(token_of("operator").encode()).digest()
    tx.clients.issue(digest, "operator", Role.ADMIN, datetime(2100, 1, 1, tzinfo=UTC))
    rennes = tx.clients.get("rennes")
    assert rennes is not None
    tx.clients.change(replace(rennes, secret_hashes=("hash",)), now())
    tx.sightings.note(Sighting(Door.API, "rennes", now()))


async def at(operator: Rest, state: str) -> Json:
    """The move, once it has come to that state."""
    async with asyncio.timeout(DEADLINE):
        while True:
            reply = await operator.raw("GET", f"{NATIVE}/moves/rennes")
            if reply.status == 200 and reply.json["state"] == state:
                found: Json = reply.json
                return found


async def taken(operator: Rest, step: str, move: Json) -> None:
    body = {"digest": move["digest"]} if step in ("approve", "apply") else None
    assert (await operator.raw("POST", f"{NATIVE}/moves/rennes/{step}", json=body)).status == 200


def listing(port: int) -> list[str]:
    with legacy.session(port, "rennes") as server:
        return server.list()


async def test_a_subscriber_goes_over_and_comes_back_with_what_it_has_not_fetched(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    await prepare(settings_for(data_dir, keys), declared)
    async with serving(data_dir, keys, **EVERY) as served:
        operator, rennes = (Rest(http, served.http_port, name) for name in ("operator", "rennes"))
        await Rest(http, served.http_port, "depot").deposit("A-1", "rennes")
        assert len(await asyncio.to_thread(listing, served.sftp_port)) == 1
        (tmp_path / "moves").mkdir()
        (tmp_path / "moves" / "rennes.yaml").write_text(FILE)
        planned = await at(operator, "PLANNED")
        assert (planned["size"], planned["plannedBy"]) == (1, "gateway moves (watched folder)")
        assert await rennes.notifications() == []
        await taken(operator, "approve", planned)
        await taken(operator, "apply", planned)
        done = await at(operator, "DONE")
        assert done["rows"] == {"SWITCHED": 1}
        assert len(await rennes.notifications()) == 1
        assert await asyncio.to_thread(listing, served.sftp_port) == []
        await taken(operator, "rollback", done)
        served.process.kill()
        await served.ends()
    async with serving(data_dir, keys, **EVERY) as served:
        operator = Rest(http, served.http_port, "operator")
        back = await at(operator, "ROLLED_BACK")
        assert back["rows"] == {"ROLLED_BACK": 1}
        assert len(await asyncio.to_thread(listing, served.sftp_port)) == 1
        assert (await operator.raw("GET", f"{NATIVE}/moves")).json["items"][0]["digest"] == planned["digest"]
