"""Real doors over loopback: paramiko as legacy servers have it, and HTTP as migrated software speaks it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import socket
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import aiohttp
import paramiko
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.domain.deliveries import Place
from gateway.domain.identity import OrganizationId
from gateway.services.deposit import NewFolder
from tools.simulate.doors import CaseSeen, GoneError, Notice, RefusedError

T = TypeVar("T")
_TIMEOUT: Final = 60.0
_BASE: Final = "/teledossiers/v1"


def public_key(username: str) -> str:
    """The line that an account's login goes by."""
    return _private(username).public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()


def token(client: str) -> str:
    """The access token of a client."""
    return hashlib.sha256(f"token of {client}".encode()).hexdigest()


class RealReading:
    """A handle of paramiko's."""

    def __init__(self, file: paramiko.SFTPFile, size: int, drop: Callable[[], None]) -> None:
        self.size = size
        self._file = file
        self._drop = drop

    async def read(self, start: int, end: int) -> bytes:
        """The bytes, asked for one after the other."""

        def work() -> bytes:
            self._file.seek(start)
            return self._file.read(end - start)

        return await asyncio.to_thread(work)

    async def end(self, *, clean: bool) -> None:
        """Closes the handle, or the connection under it."""
        await asyncio.to_thread(self._file.close if clean else self._drop)


class RealSftp:
    """A legacy server that keeps its connection."""

    def __init__(self, port: int, username: str, process: str) -> None:
        self.actor = username
        self._port = port
        self._root = f"/{process}"
        self._transport: paramiko.Transport | None = None
        self._sftp: paramiko.SFTPClient | None = None

    async def names(self) -> list[str]:
        """The archives in in/."""
        found = await self._do(lambda sftp: sftp.listdir(f"{self._root}/in"))
        return sorted(set(found) - {"DONE", "FAILED"})

    async def open(self, name: str) -> RealReading:
        """Opens one."""

        def work(sftp: paramiko.SFTPClient) -> RealReading:
            file = sftp.open(f"{self._root}/in/{name}", "rb")
            return RealReading(file, file.stat().st_size or 0, self._drop)

        return await self._do(work)

    async def put_away(self, name: str, place: Place) -> None:
        """Renames one into DONE or FAILED, or deletes it."""
        path = f"{self._root}/in/{name}"
        if place is Place.DELETED:
            await self._do(lambda sftp: sftp.remove(path))
        else:
            await self._do(lambda sftp: sftp.rename(path, f"{self._root}/in/{place}/{name}"))

    async def put(self, name: str, content: bytes) -> None:
        """Uploads an answer, and looks at its size as paramiko does."""
        await self._do(lambda sftp: sftp.putfo(io.BytesIO(content), f"{self._root}/out/{name}", len(content)))

    async def refused(self) -> set[str]:
        """The names in out/FAILED."""
        return set(await self._do(lambda sftp: sftp.listdir(f"{self._root}/out/FAILED")))

    async def close(self) -> None:
        """Ends the connection."""
        await asyncio.to_thread(self._drop)

    async def _do(self, work: Callable[[paramiko.SFTPClient], T]) -> T:
        def run() -> T:
            try:
                return work(self._connected())
            except FileNotFoundError as error:
                raise GoneError(str(error)) from error
            except OSError as error:
                raise RefusedError(str(error)) from error

        return await asyncio.to_thread(run)

    def _connected(self) -> paramiko.SFTPClient:
        if self._sftp is None or self._transport is None or not self._transport.is_active():
            self._drop()
            connection = socket.create_connection(("127.0.0.1", self._port), _TIMEOUT)
            transport = self._transport = paramiko.Transport(connection)
            transport.banner_timeout = transport.auth_timeout = _TIMEOUT
            transport.connect(username=self.actor, pkey=_key(self.actor))
            self._sftp = paramiko.SFTPClient.from_transport(transport)
        assert self._sftp is not None, "the transport is up"
        return self._sftp

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._transport = self._sftp = None


class Http:
    """One client of the REST door; answers other than 2xx are raised."""

    def __init__(self, session: aiohttp.ClientSession, port: int, client: str) -> None:
        self.actor = client
        self._session = session
        self._root = f"http://127.0.0.1:{port}{_BASE}"
        self._headers = {"Authorization": f"Bearer {token(client)}"}

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of an answer, or else its bytes."""
        headers = {**self._headers, **options.pop("headers", {})}
        async with self._session.request(method, self._root + path, headers=headers, **options) as answer:
            body = await answer.read()
            if answer.status in (403, 404):
                raise GoneError(f"{method} {path}: {answer.status}")
            if answer.status >= 300:
                raise RefusedError(f"{method} {path}: {answer.status} {body[:300]!r}")
            return await answer.json() if body and answer.content_type == "application/json" else body


class RealApi(Http):
    """Migrated software."""

    async def inbox(self) -> list[Notice]:
        """Its notifications."""
        found = await self.ask("GET", "/notifications?maxResult=100")
        return [Notice(one["id"], one["caseId"]) for one in found if one.get("caseId")]

    async def case(self, case: str) -> CaseSeen:
        """A case, and the number of its folder as its own case's number begins."""
        found = await self.ask("GET", f"/cases/{case}")
        attachments: list[tuple[str, str | None]] = [(one["id"], None) for one in found["attachments"]]
        attachments += [(one["id"], event["id"]) for event in found["events"] for one in event["attachments"]]
        return CaseSeen(found["externalId"].partition("/")[0], found["status"], attachments)

    async def download(self, case: str, attachment: str, event: str | None) -> bytes:
        """An attachment, whole."""
        place = "" if event is None else f"/events/{event}"
        found: bytes = await self.ask("GET", f"/cases/{case}{place}/attachments/{attachment}")
        return found

    async def dismiss(self, notice: str) -> None:
        """Deletes a notification."""
        await self.ask("DELETE", f"/notifications/{notice}")

    async def set_status(self, case: str, status: str) -> None:
        """Says where a case stands, by PATCH."""
        await self.ask("PATCH", f"/cases/{case}", json={"status": status})

    async def post(self, case: str, status: str, message: str, key: str) -> None:
        """The same by an event."""
        body = {"actionType": "STATUS_UPDATE", "notification": True, "message": message, "caseNewStatus": status}
        body["attachments"] = []
        await self.ask("POST", f"/cases/{case}/events", json=body, headers={"Idempotency-Key": key})


class RealDeposits(Http):
    """A depositor's software."""

    async def deposit(self, new: NewFolder, contents: Sequence[bytes]) -> tuple[str, list[str]]:
        """Hands in a folder whole."""
        body = {
            "processCode": new.process,
            "externalId": new.external_id,
            "applicant": {"firstName": "Camille", "lastName": "ESSAI", "email": "camille.essai@example.org"},
            "cases": [{"externalId": one.external_id, "recipient": _recipient(one.recipient)} for one in new.cases],
            "attachments": [
                {
                    "fileName": one.file_name,
                    "type": one.type,
                    "size": one.size,
                    "mimeType": one.mime_type,
                    "recipients": list(one.recipients),
                }
                for one in new.attachments
            ],
        }
        folder = await self.ask("POST", "/folders", json=body)
        for attachment, content in zip(folder["attachments"], contents, strict=True):
            await self.ask("PUT", f"/folders/{folder['id']}/attachments/{attachment['id']}", data=content)
        await self.ask("PATCH", f"/folders/{folder['id']}", json={"globalStatus": "HUBEE_COMPLETED"})
        return folder["id"], [one["id"] for one in folder["cases"]]


def _recipient(organization: OrganizationId) -> dict[str, str]:
    return {
        "type": organization.type,
        "companyRegister": organization.company_register,
        "branchCode": organization.branch_code,
    }


def _private(username: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"key of {username}".encode()).digest())


def _key(username: str) -> paramiko.Ed25519Key:
    text = _private(username).private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
    return paramiko.Ed25519Key.from_private_key(io.StringIO(text.decode()))
