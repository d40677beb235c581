"""The largest attachment there may be, in and out through a real gateway that needs no memory for it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import psutil  # type: ignore[import-untyped]  # it has no types of its own

from tests.journeys.gateways import prepare, settings_for
from tests.journeys.rest import BASE, Rest
from tests.journeys.served import serving
from tests.journeys.world import PROCESS, RECIPIENTS, XML_TYPE, token_of

SIZE: Final = 2**30
PIECE: Final = (
    b"<acte>" + bytes(range(32, 127)) * 11_037 + b"</acte>" + b" " * 48
)  # 1 MiB, that no declared type forbids
MORE_THAN_IDLE: Final = 50 * 2**20


async def test_a_gibibyte_goes_in_and_out_in_a_few_megabytes_of_memory(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> None:
    assert len(PIECE) == 2**20
    data_dir = tmp_path / "data"
    await prepare(settings_for(data_dir, keys))
    async with serving(data_dir, keys) as served:
        process = psutil.Process(served.process.pid)
        depositor, recipient = Rest(http, served.http_port, "depot"), Rest(http, served.http_port, "brest")
        small = await depositor.deposit("A-1", "brest")  # what every process loads once
        assert small["globalStatus"] == "HUBEE_RECEIVED"
        idle, most = process.memory_info().rss, 0
        sent, fetched = hashlib.sha256(), hashlib.sha256()

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal most
            for _ in range(SIZE // len(PIECE)):
                sent.update(PIECE)
                most = max(most, process.memory_info().rss)
                yield PIECE

        folder = await depositor.call(201, "POST", "/folders", json=body())
        path = f"/folders/{folder['id']}/attachments/{folder['attachments'][0]['id']}"
        await depositor.call(204, "PUT", path, data=pieces(), headers={"Content-Length": str(SIZE)})
        await depositor.complete(folder)
        (case,) = folder["cases"]
        url = (
            f"http://127.0.0.1:{served.http_port}{BASE}/cases/{case['id']}/attachments/{folder['attachments'][0]['id']}"
        )
        async with http.get(url, headers={"Authorization": f"Bearer {token_of('brest')}"}) as download:
            assert download.headers["Content-Length"] == str(SIZE)
            async for piece in download.content.iter_chunked(2**20):
                fetched.update(piece)
                most = max(most, process.memory_info().rss)
        assert fetched.digest() == sent.digest()
        assert len(await recipient.notifications()) == 2
        assert most - idle <= MORE_THAN_IDLE


def body() -> dict[str, object]:
    kind, register, branch = RECIPIENTS["brest"].split("-")
    return {
        "processCode": PROCESS,
        "externalId": "A-2",
        "applicant": {"firstName": "Zoé", "lastName": "Ångström"},
        "cases": [
            {"externalId": "A-2-1", "recipient": {"type": kind, "companyRegister": register, "branchCode": branch}}
        ],
        "attachments": [
            {
                "fileName": "a.xml",
                "type": XML_TYPE,
                "size": SIZE,
                "mimeType": "application/xml",
                "recipients": ["A-2-1"],
            }
        ],
    }
