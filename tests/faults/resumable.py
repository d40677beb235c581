"""A client of resumable uploads that goes on, after whatever happened, from where the gateway says it stands."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from gateway.api.problems import NATIVE_BASE
from tests.faults.story import Story
from tests.journeys.offices import PDF
from tests.journeys.world import DEPOSITOR, token_of

HALF: Final = len(PDF) // 2


@dataclass
class Resumable:
    """An upload of the story's PDF. `told`: how many bytes the gateway answered to have."""

    story: Story
    path: str = ""
    told: int = 0

    async def begin(self) -> None:
        names = {"folderId": self.story.folder["id"], "attachmentId": self.story.folder["attachments"][1]["id"]}
        given = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in names.items())
        headers = await self._call(
            "POST", f"{NATIVE_BASE}/uploads", {"Upload-Length": str(len(PDF)), "Upload-Metadata": given}
        )
        self.path = headers["Location"]

    async def standing(self) -> int:
        return int((await self._call("HEAD", self.path, {}))["Upload-Offset"])

    async def send(self, first: int, last: int) -> None:
        """Sends the bytes from `first` to before `last`."""
        sent = {"Upload-Offset": str(first), "Content-Type": "application/offset+octet-stream"}
        self.told = int((await self._call("PATCH", self.path, sent, PDF[first:last]))["Upload-Offset"])

    async def _call(self, method: str, path: str, headers: dict[str, str], data: bytes | None = None) -> Any:
        whole = {"Authorization": f"Bearer {token_of(DEPOSITOR)}", "Tus-Resumable": "1.0.0", **headers}
        url = f"http://127.0.0.1:{self.story.ports[0]}{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, headers=whole, data=data) as answer,
        ):
            assert answer.status < 300, await answer.read()
            return answer.headers
