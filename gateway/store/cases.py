"""Cases. Their status has one writer: `change_status`, guarded by the status it starts from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select, update

from gateway.domain.dossiers import Case, Folder
from gateway.domain.statuses import Status
from gateway.store.folders import COLUMNS as FOLDER_COLUMNS
from gateway.store.folders import folder
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import cases, folders
from gateway.store.tables import sftp_account_subscriptions as links
from gateway.store.values import at, from_ms, to_ms

_c = cases.c
COLUMNS = [
    _c.id,
    _c.folder_id,
    _c.depositor_id,
    _c.recipient_id,
    _c.subscription_id,
    _c.process_code,
    _c.external_id,
    _c.status,
    _c.created_at,
    _c.updated_at,
    _c.transmitted_at,
    _c.closed_at,
    _c.partner_attributes,
    _c.publication,
    _c.reopening,
]
_WIDTH = len(COLUMNS)
_INSERT = insert_into(cases)
_with_folder = (
    select(*COLUMNS, *FOLDER_COLUMNS).join(folders, folders.c.id == _c.folder_id).where(_c.id == bindparam("id"))
)
_GET = Statement(_with_folder)
_HOLD = Statement(_with_folder.with_for_update())
_OF_FOLDER = Statement(select(*COLUMNS).where(_c.folder_id == bindparam("folder")).order_by(_c.position))
_STATUSES = Statement(select(_c.status).where(_c.folder_id == bindparam("folder")))
_CHANGE_STATUS = Statement(
    update(cases)
    .where(_c.id == bindparam("of"), _c.status == bindparam("before"))
    .values(status=bindparam("after"), updated_at=bindparam("now"), closed_at=bindparam("closed_at"))
)
_PUBLISH = Statement(
    update(cases)
    .where(_c.id == bindparam("of"))
    .values(publication=_c.publication + 1, transmitted_at=bindparam("now"), reopening=False)
)
_REOPEN = Statement(update(cases).where(_c.id == bindparam("of")).values(reopening=True))
# Said in both branches, so that each uses its own index; else every case of the subscription would be looked at.
_of_account = links.c.subscription_id == _c.subscription_id
_ANSWERED = Statement(
    select(*COLUMNS)
    .join(
        links,
        or_(
            and_(_of_account, _c.number == bindparam("number")),
            and_(_of_account, _c.external_id == bindparam("external")),
        ),
    )
    .where(
        links.c.account_id == bindparam("account"),
        _c.process_code == bindparam("process"),
        _c.publication > 0,
    )
    .order_by(_c.created_at)
    .limit(bindparam("most"))
)


class Cases:
    """Rows of `cases`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, identifier: str) -> tuple[Case, Folder] | None:
        """The case of that id with its folder."""
        return _pair(self._session.row(_GET, id=identifier))

    def hold(self, identifier: str) -> tuple[Case, Folder] | None:
        """The same; nobody else changes the folder or its cases before this transaction ends."""
        return _pair(self._session.row(_HOLD, id=identifier))

    def of_folder(self, folder_id: str) -> list[Case]:
        """The cases of a folder, in the order in which they were handed in."""
        return [case(row) for row in self._session.rows(_OF_FOLDER, folder=folder_id)]

    def statuses(self, folder_id: str) -> list[Status]:
        """The statuses of a folder's cases."""
        return [Status(value) for (value,) in self._session.rows(_STATUSES, folder=folder_id)]

    def answered(self, account: str, process: str, number: str, external: str, most: int = 3) -> list[Case]:
        """The published cases that an answer of this account may mean; more than one is ambiguous.

        `number` is the folder's number as safe file names hold it, `external` what the answer says, which may also be
        the case's own external id.
        """
        rows = self._session.rows(
            _ANSWERED, account=account, process=process, number=number, external=external, most=most
        )
        return [case(row) for row in rows]

    def add(self, new: Case, position: int, number: str) -> None:
        """Adds a new one; `number` is the folder's number, made safe, by which legacy answers name the case."""
        self._session.run(
            _INSERT,
            id=new.id,
            folder_id=new.folder_id,
            position=position,
            depositor_id=new.depositor,
            recipient_id=new.recipient,
            subscription_id=new.subscription_id,
            process_code=new.process,
            external_id=new.external_id,
            number=number,
            status=new.status,
            partner_attributes=new.partner_attributes,
            publication=new.publication,
            reopening=new.reopening,
            created_at=to_ms(new.created_at),
            updated_at=to_ms(new.updated_at),
            transmitted_at=None,
            closed_at=None,
        )

    def change_status(self, identifier: str, before: Status, after: Status, now: datetime) -> bool:
        """Moves a case from one status to another; False if it was not in `before` any more."""
        closed = to_ms(now) if after in (Status.CLOSED, Status.ARCHIVED) else None
        return (
            self._session.run(
                _CHANGE_STATUS, of=identifier, before=before, after=after, now=to_ms(now), closed_at=closed
            )
            == 1
        )

    def publish(self, identifier: str, now: datetime) -> None:
        """Counts one more publication and ends a pending re-opening."""
        self._session.run(_PUBLISH, of=identifier, now=to_ms(now))

    def reopen(self, identifier: str) -> None:
        """Notes that the case was re-opened and is to be published when its event in progress is sent."""
        self._session.run(_REOPEN, of=identifier)


def _pair(row: Row | None) -> tuple[Case, Folder] | None:
    return None if row is None else (case(row[:_WIDTH]), folder(row[_WIDTH:]))


def case(row: Row) -> Case:
    """The case in a row of COLUMNS."""
    return Case(
        id=row[0],
        folder_id=row[1],
        depositor=row[2],
        recipient=row[3],
        subscription_id=row[4],
        process=row[5],
        external_id=row[6],
        status=Status(row[7]),
        created_at=at(row[8]),
        updated_at=from_ms(row[9]),
        transmitted_at=from_ms(row[10]),
        closed_at=from_ms(row[11]),
        partner_attributes=row[12],
        publication=row[13],
        reopening=bool(row[14]),
    )
