"""Dossiers that are made up: how figures leave them out, and how nothing but their skeleton is kept in the end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, exists, select, update

from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import (
    archive_blobs,
    archives,
    attachments,
    cases,
    deliveries,
    folders,
    notifications,
)
from gateway.store.values import to_ms

_f, _c, _d = folders.c, cases.c, deliveries.c
MADE_UP = select(_c.id).where(_c.folder_id.in_(select(_f.id).where(_f.synthetic)))
"""The ids of the cases that figures leave out; few, and looked up by an index of their own.

Not a join: with statistics in which there is none, SQLite would begin one with all the cases.
"""

_cases = select(_c.id).where(_c.folder_id == bindparam("folder"))
_deliveries = select(_d.id).where(_d.case_id.in_(_cases))
_OPEN = Statement(
    select(_f.id)
    .where(
        _f.synthetic,
        _f.purged_at.is_(None),
        # begins with the few that are made up, not with all the cases of the subscription
        exists().where(_c.folder_id == _f.id, _c.subscription_id.concat("") == bindparam("subscription")),
    )
    .order_by(_f.id)
    .limit(bindparam("most"))
)
_GONE = (
    Statement(delete(archives).where(archives.c.delivery_id.in_(_deliveries))),
    Statement(delete(archive_blobs).where(archive_blobs.c.delivery_id.in_(_deliveries))),
    Statement(delete(notifications).where(notifications.c.case_id.in_(_cases))),
    Statement(update(deliveries).where(_d.case_id.in_(_cases)).values(shown=False, listed_until=None)),
    Statement(update(attachments).where(attachments.c.folder_id == bindparam("folder")).values(blob_key=None)),
)
_PURGED = Statement(
    update(folders).where(_f.id == bindparam("folder")).values(applicant=None, purged_at=bindparam("now"))
)


class Synthetic:
    """Folders with `synthetic`, and all that belongs to them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_subscription(self, subscription: str, most: int) -> list[str]:
        """The ids of those that are not purged yet, oldest first."""
        rows = self._session.rows(_OPEN, subscription=subscription, most=most)
        return [identifier for (identifier,) in rows]

    def purge(self, folder: str, now: datetime) -> None:
        """Takes a folder's archives out of every listing, and its notices; its bytes are left to the sweep.

        What happened to its deliveries stays, for the certificate.
        """
        for statement in _GONE:
            self._session.run(statement, folder=folder)
        self._session.run(_PURGED, folder=folder, now=to_ms(now))
