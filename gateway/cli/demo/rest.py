"""A client of the REST door, as an editor would write it from the interface's documents."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

from gateway.cli.demo.checks import DemoFailure
from gateway.cli.demo.world import Client

BASE: Final = "/teledossiers/v1"
_PARTNER: Final = {"editorName": "Gateway", "applicationName": "demo", "softwareVersion": "1"}


class Rest:
    """Requests with one client's token."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session, self._url = session, url
        self.token = token

    async def ask(self, method: str, path: str, body: object = None, **options: Any) -> Any:
        """The JSON of a successful answer (None for an empty one). Raises DemoFailure for every other."""
        content, _ = await self._call(method, path, json=body, **options)
        return json.loads(content) if content else None

    async def put(self, path: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Sends raw bytes."""
        await self._call("PUT", path, data=content, headers={"Content-Type": "application/octet-stream", **headers})

    async def download(self, path: str) -> tuple[bytes, Mapping[str, str]]:
        """The bytes behind a path, and the headers that came with them."""
        return await self._call("GET", path)

    async def _call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> tuple[bytes, Mapping[str, str]]:
        sent = {"Authorization": f"Bearer {self.token}", **_PARTNER, **(headers or {})}
        async with self._session.request(method, self._url + BASE + path, headers=sent, **options) as answer:
            content = await answer.read()
            if answer.status >= 400:
                raise DemoFailure(f"{method} {path} was answered {answer.status}: {content.decode('utf-8', 'replace')}")
            return content, answer.headers


@asynccontextmanager
async def connected(url: str, client: Client) -> AsyncIterator[Rest]:
    """A client that has fetched its token."""
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        form = {"grant_type": "client_credentials", "scope": client.role}
        basic = {"Authorization": aiohttp.encode_basic_auth(client.client_id, client.secret)}
        async with session.post(f"{url}/token", data=form, headers=basic) as answer:
            if answer.status != 200:
                raise DemoFailure(f"POST /token was answered {answer.status}: {await answer.text()}")
            granted = await answer.json()
        yield Rest(session, url, granted["access_token"])
