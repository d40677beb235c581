"""The hub's shapes: which fields, in which order, null where there is nothing (hub v1, Shapes)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from aiohttp import web
from pydantic_core import to_json

from gateway.domain.dossiers import Applicant, Attachment, Case, Notification
from gateway.domain.identity import OrganizationId, Partner
from gateway.services.cases import CaseView, EventView
from gateway.services.deposit import FolderView

Json = dict[str, Any]


def json_text(value: Json | list[Json]) -> str:
    """JSON as it is answered and as it is kept for a repetition."""
    return to_json(value).decode()


def json_response(text: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """An answer with a JSON body."""
    return web.Response(
        status=status, body=text.encode(), headers={"Content-Type": "application/json", **(headers or {})}
    )


def no_content() -> web.Response:
    """204 with an empty body."""
    return web.Response(status=204)


def date_time(value: datetime | None) -> str | None:
    """`2024-07-04T08:54:15.438+00:00`."""
    return None if value is None else value.isoformat(timespec="milliseconds")


_moment = lru_cache(maxsize=16_384)(date_time)
"""The same for dates from the store, all UTC, which polls ask for again and again."""


@lru_cache(maxsize=16_384)
def organization(name: str) -> Json:
    """An organization's identifier. The object is shared: it is only ever written out."""
    found = OrganizationId.parse(name)
    return {"type": found.type, "companyRegister": found.company_register, "branchCode": found.branch_code}


def folder(view: FolderView) -> Json:
    """A folder with its cases and attachments in the order of the deposit."""
    found = view.folder
    return {
        "id": found.id,
        "globalStatus": found.status,
        "processCode": found.process,
        "createDateTime": date_time(found.created_at),
        "closeDateTime": date_time(found.close_at),
        "applicant": _applicant(found.applicant),
        "externalId": found.external_id,
        "updateDateTime": date_time(found.updated_at),
        "partnerInfo": _partner(found.partner),
        "cases": [_case_of_folder(case) for case in view.cases],
        "attachments": [
            {**_attachment(each), "recipients": list(view.recipients.get(each.id, ()))} for each in view.attachments
        ],
    }


def case(view: CaseView, *, lite: bool = False) -> Json:
    """A case with its attachments and its events, oldest first; `lite` leaves both out."""
    found = view.case
    rendered: Json = {
        "id": found.id,
        "status": found.status,
        "recipient": organization(found.recipient),
        "externalId": found.external_id,
        "updateDateTime": date_time(found.updated_at),
        "transmissionDateTime": date_time(found.transmitted_at),
        "processCode": found.process,
        "createDateTime": date_time(found.created_at),
        "closeDateTime": date_time(found.closed_at),
        "partnerAttributes": found.partner_attributes,
        "applicant": _applicant(view.folder.applicant),
    }
    if not lite:
        rendered["attachments"] = [_attachment(each) for each in view.attachments]
        rendered["events"] = [event(each) for each in view.events]
    return rendered


def event(view: EventView) -> Json:
    """An event with its attachments."""
    found = view.event
    return {
        "id": found.id,
        "transmitter": organization(found.transmitter),
        "message": found.message,
        "comment": found.comment,
        "actionType": found.action,
        "author": found.author,
        "notification": found.notification,
        "createDateTime": date_time(found.created_at),
        "updateDateTime": date_time(found.updated_at),
        "status": found.status,
        "caseCurrentStatus": found.current_status,
        "caseNewStatus": found.new_status,
        "partnerAttributes": found.partner_attributes,
        "attachments": [_attachment(each) for each in view.attachments],
        "partnerInfo": _partner(found.partner),
    }


def notifications(found: Sequence[Notification], *, details: bool = False) -> list[Json]:
    """An inbox; `details` adds what each notification's event is and how it stands now."""
    return [_notification_with_event(each) if details else _notification(each) for each in found]


def _notification(found: Notification) -> Json:
    return {
        "id": found.id,
        "recipient": organization(found.recipient),
        "transmitter": organization(found.transmitter),
        "processCode": found.process,
        "caseId": found.case_id,
        "eventId": found.event_id,
        "dateTime": _moment(found.created_at),
    }


def _notification_with_event(found: Notification) -> Json:
    rendered = _notification(found)
    rendered["eventActionType"] = found.action
    rendered["eventStatus"] = found.event_status
    return rendered


def _case_of_folder(found: Case) -> Json:
    return {
        "id": found.id,
        "status": found.status,
        "recipient": organization(found.recipient),
        "externalId": found.external_id,
        "updateDateTime": date_time(found.updated_at),
        "transmissionDateTime": date_time(found.transmitted_at),
        "partnerAttributes": found.partner_attributes,
    }


def _attachment(found: Attachment) -> Json:
    return {
        "id": found.id,
        "status": found.status,
        "fileName": found.file_name,
        "type": found.type,
        "size": found.size,
        "mimeType": found.mime_type,
    }


def _applicant(found: Applicant | None) -> Json | None:
    if found is None:
        return None
    return {"firstName": found.first_name, "lastName": found.last_name, "email": found.email}


def _partner(found: Partner | None) -> Json | None:
    if found is None:
        return None
    return {
        "editorName": found.editor_name,
        "applicationName": found.application_name,
        "softwareVersion": found.software_version,
    }
