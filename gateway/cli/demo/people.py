"""The two kinds of REST users: a depositor, and a recipient whose software has moved to the API."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.cli.demo.documents import Document
from gateway.cli.demo.rest import Rest

Json = dict[str, Any]
_INBOX: Final = "/notifications?maxResult=100&eventDetails=true"


@dataclass(frozen=True, slots=True)
class Part:
    """One case of a deposit: its external id, its recipient, the documents that it shows."""

    external_id: str
    recipient: str
    documents: tuple[Document, ...]


def identifier(name: str) -> Json:
    """An organization as the interface spells it."""
    kind, siret, branch = name.split("-")
    return {"type": kind, "companyRegister": siret, "branchCode": branch}


class Depositor:
    """Hands in dossiers and follows them."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest

    async def deposit(self, process: str, number: str, parts: Sequence[Part]) -> Json:
        """Creates a folder, uploads its attachments, completes it; answers the folder as it then reads."""
        documents = list(dict.fromkeys(document for part in parts for document in part.documents))
        body = {
            "processCode": process,
            "externalId": number,
            "applicant": {"firstName": "Camille", "lastName": "ESSAI", "email": "camille.essai@example.org"},
            "cases": [{"externalId": part.external_id, "recipient": identifier(part.recipient)} for part in parts],
            "attachments": [
                {
                    "fileName": document.file_name,
                    "type": document.type,
                    "size": len(document.content),
                    "mimeType": document.mime_type,
                    "recipients": [part.external_id for part in parts if document in part.documents],
                }
                for document in documents
            ],
        }
        folder = await self.rest.ask("POST", "/folders", body)
        for made, document in zip(folder["attachments"], documents, strict=True):
            digest = base64.b64encode(hashlib.sha256(document.content).digest()).decode()
            await self.rest.put(
                f"/folders/{folder['id']}/attachments/{made['id']}", document.content, {"digest": digest}
            )
        await self.rest.ask("PATCH", f"/folders/{folder['id']}", {"globalStatus": "HUBEE_COMPLETED"})
        return await self.folder(folder["id"])

    async def folder(self, folder_id: str) -> Json:
        """The folder as it stands."""
        found: Json = await self.rest.ask("GET", f"/folders/{folder_id}")
        return found

    async def status(self, case_id: str) -> str:
        """The status of a case."""
        case = await self.rest.ask("GET", f"/cases/{case_id}")
        return str(case["status"])

    async def events(self, case_id: str) -> list[Json]:
        """The events of a case, oldest first."""
        case = await self.rest.ask("GET", f"/cases/{case_id}")
        events: list[Json] = case["events"]
        return events

    async def told(self, case_id: str) -> list[str]:
        """The statuses of a case that notifications told, in their order; what was read is deleted."""
        statuses: list[tuple[str, str]] = []
        for notification in await self.rest.ask("GET", _INBOX):
            if notification["caseId"] != case_id or notification["eventId"] is None:
                continue
            event = await self.rest.ask("GET", f"/cases/{case_id}/events/{notification['eventId']}")
            if event["caseNewStatus"]:
                statuses.append((event["createDateTime"] + event["id"], event["caseNewStatus"]))
            await self.rest.ask("DELETE", f"/notifications/{notification['id']}")
        return [status for _, status in sorted(statuses)]

    async def reopen(self, case_id: str) -> None:
        """Asks for the case to be published again."""
        await self.rest.ask("PATCH", f"/cases/{case_id}", {"status": "HUBEE_NOTIFIED"})


class ApiSubscriber:
    """A recipient that fetches and answers by REST."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest

    async def inbox(self) -> list[Json]:
        """Its notifications."""
        found: list[Json] = await self.rest.ask("GET", _INBOX)
        return found

    async def fetch(self, case_id: str) -> tuple[Json, Mapping[str, str]]:
        """The case, and the SHA-256 of each of its attachments by (type, name), checked against the header."""
        case: Json = await self.rest.ask("GET", f"/cases/{case_id}")
        digests = {}
        for attachment in case["attachments"]:
            content, headers = await self.rest.download(f"/cases/{case_id}/attachments/{attachment['id']}")
            raw = hashlib.sha256(content)
            stated = headers.get("digest", "")
            digests[f"{attachment['type']}/{attachment['fileName']}"] = (
                raw.hexdigest() if stated == base64.b64encode(raw.digest()).decode() else f"digest header {stated!r}"
            )
        return case, digests

    async def set_status(self, case_id: str, status: str) -> None:
        """Changes the case without a word."""
        await self.rest.ask("PATCH", f"/cases/{case_id}", {"status": status})

    async def report(self, case_id: str, before: str, status: str, message: str) -> None:
        """Changes the case by an event that tells the depositor."""
        event = {
            "actionType": "STATUS_UPDATE",
            "author": "Service état civil",
            "message": message,
            "notification": True,
            "caseCurrentStatus": before,
            "caseNewStatus": status,
        }
        await self.rest.ask("POST", f"/cases/{case_id}/events", event)

    async def dismiss(self, notification_id: str) -> None:
        """Deletes a notification that it has dealt with."""
        await self.rest.ask("DELETE", f"/notifications/{notification_id}")
