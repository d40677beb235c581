"""An HTTP client that knows the door, and the organizations it speaks for."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import aiohttp

from gateway.api.server import ApiServer
from gateway.domain.identity import Role
from gateway.services.office import Office

BASE = "/teledossiers/v1"
OSL = "OSL-13000918600011-00000"
OTHER_OSL = "OSL-13000918600029-00000"
RENNES = "SI-21350238800019-35238"
BREST = "SI-21290019700013-29019"
ADMIN = "ADMIN-00000000000000-00000"
PDF = b"%PDF-1.4 made up\n" + b"x" * 500
XML = b"<acte/>"
NOWHERE = "0190a0a0-0000-7000-8000-000000000000"

CLIENTS: dict[str, tuple[str, Role, str | None]] = {
    "depot": (OSL, Role.OSL, None),
    "autre-depot": (OTHER_OSL, Role.OSL, None),
    "rennes-ec": (RENNES, Role.SI, "EtatCivil"),
    "rennes-certdc": (RENNES, Role.SI, "CERTDC"),
    "rennes": (RENNES, Role.SI, None),
    "brest": (BREST, Role.SI, None),
    "admin": (ADMIN, Role.ADMIN, None),
    "datapass": (ADMIN, Role.DATAPASS, None),
}


def secret_of(client_id: str) -> str:
    return f"secret of {client_id}"


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def organization(name: str) -> dict[str, str]:
    kind, register, branch = name.split("-")
    return {"type": kind, "companyRegister": register, "branchCode": branch}


def digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def folder_body(**changes: Any) -> dict[str, Any]:
    """A folder for Rennes with two files, as a depositor would send it."""
    return {
        "processCode": "EtatCivil",
        "externalId": "EC-0001",
        "applicant": {"firstName": "Zoé", "lastName": "Ångström", "email": "zoe@example.org"},
        "cases": [{"externalId": "EC-0001-01", "recipient": organization(RENNES), "partnerAttributes": "a=1"}],
        "attachments": [
            {
                "fileName": "acte.pdf",
                "type": "ActeEtatCivil-PDF",
                "size": len(PDF),
                "mimeType": "application/pdf",
                "recipients": ["EC-0001-01"],
            },
            {
                "fileName": "acte.xml",
                "type": "ActeEtatCivil-XML",
                "size": len(XML),
                "mimeType": "application/xml",
                "recipients": ["EC-0001-01"],
            },
        ],
        **changes,
    }


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status: int
    headers: Any
    body: bytes
    json: Any

    @property
    def errors(self) -> list[dict[str, Any]]:
        assert self.headers["Content-Type"] == "application/json"
        assert set(self.json) == {"errors"}
        errors: list[dict[str, Any]] = self.json["errors"]
        assert all(set(error) == {"code", "message"} for error in errors)
        return errors

    @property
    def messages(self) -> list[str]:
        return [error["message"] for error in self.errors]


@dataclass
class Visitor:
    """Calls the door as any of CLIENTS; tokens are asked for once."""

    server: ApiServer
    office: Office
    session: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"

    async def raw(self, method: str, path: str, **options: Any) -> Answer:
        async with self.session.request(method, self.url(path), **options) as response:
            body = await response.read()
            kind = response.headers.get("Content-Type", "")
            return Answer(
                response.status,
                response.headers,
                body,
                await response.json() if kind == "application/json" and body else None,
            )

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which a test speaks HTTP itself."""
        return await asyncio.open_connection("127.0.0.1", self.server.port)

    async def head(self, who: str, method: str, path: str, *headers: str) -> bytes:
        """The head of a request, to be sent on such a connection."""
        first = [f"{method} {BASE}{path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {await self.token(who)}"]
        return "\r\n".join([*first, *headers, "", ""]).encode("latin-1")

    async def token(self, client_id: str) -> str:
        if client_id not in self.tokens:
            scope = CLIENTS[client_id][1]
            form = {"grant_type": "client_credentials", "scope": scope}
            answer = await self.raw("POST", "/token", data=form, headers=basic(client_id, secret_of(client_id)))
            assert answer.status == 200, answer.body
            self.tokens[client_id] = answer.json["access_token"]
        return self.tokens[client_id]

    async def call(self, who: str, method: str, path: str, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {await self.token(who)}", **options.pop("headers", {})}
        return await self.raw(method, BASE + path, headers=headers, **options)

    async def create(self, **changes: Any) -> dict[str, Any]:
        """A folder of `depot` in HUBEE_RECEIVED."""
        answer = await self.call("depot", "POST", "/folders", json=folder_body(**changes))
        assert answer.status == 201, answer.body
        found: dict[str, Any] = answer.json
        return found

    async def put(self, folder: dict[str, Any], position: int, content: bytes | BinaryIO, **options: Any) -> Answer:
        path = f"/folders/{folder['id']}/attachments/{folder['attachments'][position]['id']}"
        return await self.call("depot", "PUT", path, data=content, **options)

    async def deposit(self, **changes: Any) -> dict[str, Any]:
        """A folder of `depot` that was handed in whole, as its depositor reads it then."""
        folder = await self.create(**changes)
        contents = {"application/pdf": PDF, "application/xml": XML}
        for position, attachment in enumerate(folder["attachments"]):
            answer = await self.put(folder, position, contents[attachment["mimeType"]])
            assert answer.status == 204, answer.body
        path = f"/folders/{folder['id']}"
        answer = await self.call("depot", "PATCH", path, json={"globalStatus": "HUBEE_COMPLETED"})
        assert answer.status == 204, answer.body
        found: dict[str, Any] = (await self.call("depot", "GET", path)).json
        return found
