"""Folders: handed in, completed, read and deleted by their depositor."""

from __future__ import annotations

from aiohttp import web

from gateway.api import bodies, conditions, drafts, parameters, rendering
from gateway.api.context import office_of
from gateway.api.reading import read_json
from gateway.api.repetition import created, done, once, silent
from gateway.domain.dossiers import Applicant
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller, OrganizationId
from gateway.services import deposit
from gateway.services.office import Office


async def create(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /folders: 201 with the folder."""
    raw = await read_json(request)
    new = await asked(office_of(request), caller, raw)
    answer = await deposit.create_folder(office_of(request), caller, new, once(request, raw, render))
    return created(answer, render)


async def read(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /folders/{folderId}."""
    (folder_id,) = parameters.path_ids(request, "folderId")
    return conditions.answer(request, render(await deposit.read_folder(office_of(request), caller, folder_id)))


async def update(request: web.Request, caller: Caller) -> web.StreamResponse:
    """PATCH /folders/{folderId}: `globalStatus`, where HUBEE_COMPLETED publishes, and `closeDateTime`."""
    (folder_id,) = parameters.path_ids(request, "folderId")
    expected, raw = conditions.expected(request, render), await read_json(request)
    change = bodies.parse(bodies.FolderChange, raw)
    answer = await deposit.update_folder(
        office_of(request),
        caller,
        folder_id,
        change.global_status,
        change.close_date_time,
        expected=expected,
        once=once(request, raw, silent),
    )
    return done(answer)


async def delete(request: web.Request, caller: Caller) -> web.StreamResponse:
    """DELETE /folders/{folderId}."""
    (folder_id,) = parameters.path_ids(request, "folderId")
    await deposit.delete_folder(office_of(request), caller, folder_id)
    return rendering.no_content()


async def asked(office: Office, caller: Caller, raw: bytes) -> deposit.NewFolder:
    """The folder that a body asks for. Raises InvalidRequestError with every fault that can be found."""
    body, faults = bodies.understood(bodies.FolderBody, raw)
    if body is None:
        faults += tuple(await deposit.check_folder(office, caller, drafts.folder(raw)))
        raise InvalidRequestError(*faults)
    return _new_folder(body)


def render(view: deposit.FolderView) -> str:
    """The hub's JSON of a folder."""
    return rendering.json_text(rendering.folder(view))


def _new_folder(body: bodies.FolderBody) -> deposit.NewFolder:
    applicant = body.applicant
    return deposit.NewFolder(
        process=body.process_code,
        external_id=body.external_id,
        applicant=Applicant(applicant.first_name, applicant.last_name, applicant.email),
        cases=tuple(
            deposit.NewCase(
                external_id=case.external_id,
                recipient=OrganizationId(
                    case.recipient.type, case.recipient.company_register, case.recipient.branch_code
                ),
                partner_attributes=case.partner_attributes,
            )
            for case in body.cases
        ),
        attachments=tuple(
            deposit.NewAttachment(one.file_name, one.type, one.size, one.mime_type, tuple(one.recipients))
            for one in body.attachments
        ),
        close_at=body.close_date_time,
    )
