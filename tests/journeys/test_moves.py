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
    """The world, with clients of two operators, and Rennes having tried the API."""
    declare(tx)
    for name, rights in (("operator", frozenset(Right)), ("another", frozenset({Right.APPROVE}))):
        tx.clients.add(ApiClient(name, OPERATOR, Role.ADMIN, rights=rights), now())
        digest = hashlib.sha256(token_of(name).encode()).digest()
        tx.clients.issue(digest, name, Role.ADMIN, datetime(2100, 1, 1, tzinfo=UTC))
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


async def test_over_the_api_alone_two_operators_plan_approve_apply_and_prove(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    await prepare(settings_for(data_dir, keys), declared)
    several: dict[str, Any] = {**EVERY, "moves": {"every": "1s", "two_people": True}}
    async with serving(data_dir, keys, **several) as served:
        operator, another = (Rest(http, served.http_port, name) for name in ("operator", "another"))
        await Rest(http, served.http_port, "depot").deposit("A-1", "rennes")
        as_yaml = {"data": FILE, "headers": {"Content-Type": "application/yaml"}}
        shown = await operator.raw("POST", f"{NATIVE}/moves", **as_yaml)
        assert (shown.status, shown.json["size"], shown.json["inFlight"]) == (200, 1, 1)
        assert (await another.raw("POST", f"{NATIVE}/moves", **as_yaml)).status == 403
        recorded = await operator.raw("POST", f"{NATIVE}/moves?record=true", **as_yaml)
        seen = {"digest": recorded.json["digest"]}
        assert (await operator.raw("POST", f"{NATIVE}/moves/rennes/approve", json=seen)).status == 403
        assert (await another.raw("POST", f"{NATIVE}/moves/rennes/approve", json=seen)).status == 200
        assert (await another.raw("POST", f"{NATIVE}/moves/rennes/apply", json=seen)).status == 403
        await taken(operator, "apply", seen)
        await at(operator, "DONE")
        certificate = await operator.raw("GET", f"{NATIVE}/moves/rennes/certificate")
        as_lines = {"data": certificate.body, "headers": {"Content-Type": "application/jsonl"}}
        verdict = (await operator.raw("POST", f"{NATIVE}/moves/verify", **as_lines)).json
        assert (verdict["holds"], verdict["clean"], verdict["balance"]["openBefore"]) == (True, True, 1)


async def test_what_the_folder_planned_is_approved_by_two_where_two_are_asked_for(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    await prepare(settings_for(data_dir, keys), declared)
    (tmp_path / "moves").mkdir()
    (tmp_path / "moves" / "rennes.yaml").write_text(FILE + "approve: automatic\n")
    several: dict[str, Any] = {**EVERY, "moves": {"every": "1s", "two_people": True}}
    async with serving(data_dir, keys, **several) as served:
        operator, another = (Rest(http, served.http_port, name) for name in ("operator", "another"))
        planned = await at(operator, "PLANNED")
        for _ in range(2):
            await taken(operator, "approve", planned)
            first = await at(operator, "PLANNED")
            assert first["approvedBy"] == "operator"
        await taken(another, "approve", planned)
        assert (await at(operator, "APPROVED"))["approvedBy"] == "another"
