"""Frozen archives, and where each SFTP account finds them: in its inbox, in DONE or in FAILED."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, exists, or_, select, text, union_all

from gateway.domain.deliveries import Delivery, Listed, Place
from gateway.domain.referential import SERVED, Subscription
from gateway.store.deliveries import COLUMNS, OPEN, WIDTH, delivery
from gateway.store.owning import owner
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.subscriptions import COLUMNS as SUBSCRIPTION_COLUMNS
from gateway.store.subscriptions import subscription
from gateway.store.tables import (
    answers,
    archive_blobs,
    archives,
    attachments,
    deliveries,
    rehearsed_attachments,
    rehearsed_deliveries,
    sftp_places,
    subscriptions,
    uploads,
)
from gateway.store.tables import sftp_account_subscriptions as links
from gateway.store.values import at, to_ms

_d, _s, _p, _r = deliveries.c, subscriptions.c, sftp_places.c, rehearsed_deliveries.c

_INSERT = insert_into(archives)
_INSERT_BLOB = insert_into(archive_blobs)
_CONTENT = Statement(select(archives.c.content).where(archives.c.delivery_id == bindparam("delivery")))
_MANIFEST = Statement(select(archive_blobs.c.attachment_id).where(archive_blobs.c.delivery_id == bindparam("delivery")))
_of_account = (
    select(_d.id, _d.archive_name, _d.archive_size, _d.published_at)
    .join(_s.id.table, _s.id == _d.subscription_id)
    .join(links, links.c.subscription_id == _s.id)
    .outerjoin(sftp_places, and_(_p.delivery_id == _d.id, _p.account_id == links.c.account_id))
    # Not the bare column: SQLite would start from everybody's subscriptions to the process and not from the account's.
    .where(links.c.account_id == bindparam("account"), _s.process_code.concat("") == bindparam("process"))
)
_SERVED = _s.status.in_([str(status) for status in SERVED])
# What a dual run shows to the account's door. It is looked for in the same statement, so that a poll costs no second.
_rehearsing = (
    select(_d.id, _d.archive_name, _d.archive_size, _d.published_at)
    .select_from(links)
    .join(subscriptions, and_(_s.id == links.c.subscription_id, _s.rehearsal_mode == "SFTP"))
    .join(rehearsed_deliveries, _r.rehearsal_id == _s.rehearsal_id)
    .join(deliveries, and_(_d.id == _r.delivery_id, _d.subscription_id == _s.id))
    .where(links.c.account_id == bindparam("account"), _s.process_code.concat("") == bindparam("process"))
)
_INBOX = Statement(
    union_all(
        _of_account.where(
            _d.shown,
            _SERVED,
            owner() == "SFTP",
            _p.delivery_id.is_(None),
            or_(OPEN, _d.listed_until > bindparam("now")),
        ),
        _rehearsing.where(
            _SERVED,
            _d.state != "WITHDRAWN",
            _r.place.is_(None),
            or_(_r.state.in_(["READY", "FETCHED"]), _r.listed_until > bindparam("now")),
        ),
    ).order_by(text("4"), text("1"))  # by place: both engines take it of a union
)
_PLACED = Statement(
    select(_d.id, _p.name, _d.archive_size, _d.published_at)
    .join(deliveries, _d.id == _p.delivery_id)
    .where(
        _p.account_id == bindparam("account"),
        _p.process_code == bindparam("process"),
        _p.place == bindparam("place"),
        _p.placed_at > bindparam("since"),
    )
    .order_by(_p.placed_at)
)
_REHEARSED_PLACED = Statement(
    select(_d.id, _r.name, _d.archive_size, _d.published_at)
    .select_from(links)
    .join(subscriptions, and_(_s.id == links.c.subscription_id, _s.rehearsal_mode == "SFTP"))
    .join(rehearsed_deliveries, _r.rehearsal_id == _s.rehearsal_id)
    .join(deliveries, _d.id == _r.delivery_id)
    .where(
        links.c.account_id == bindparam("account"),
        _s.process_code == bindparam("process"),
        _r.place == bindparam("place"),
    )
    .order_by(_r.closed_at)
)
_found = (
    select(*COLUMNS, *SUBSCRIPTION_COLUMNS, _p.place)
    .select_from(deliveries)
    .join(subscriptions, _s.id == _d.subscription_id)
    .join(links, and_(links.c.subscription_id == _s.id, links.c.account_id == bindparam("account")))
    .outerjoin(sftp_places, and_(_p.delivery_id == _d.id, _p.account_id == links.c.account_id))
)
_BY_NAME = Statement(_found.where(_d.process_code == bindparam("process"), _d.archive_name == bindparam("name")))
_BY_PLACE = Statement(
    _found.where(_p.process_code == bindparam("process"), _p.place == bindparam("place"), _p.name == bindparam("name"))
)
_PLACE = Statement(
    lambda insert: (
        insert(sftp_places)
        .values({column.name: bindparam(column.name) for column in sftp_places.columns})
        .on_conflict_do_update(
            index_elements=[_p.account_id, _p.delivery_id],
            set_={"place": bindparam("place"), "name": bindparam("name"), "placed_at": bindparam("placed_at")},
        )
    )
)
_NAME_PLACED = Statement(
    select(_p.delivery_id).where(
        _p.account_id == bindparam("account"),
        _p.process_code == bindparam("process"),
        _p.place == bindparam("place"),
        _p.name == bindparam("name"),
    )
)
_REFERENCED = Statement(
    union_all(
        *(
            select(exists().where(table.c.blob_key == bindparam("key")))
            for table in (attachments, archive_blobs, answers, uploads, rehearsed_attachments)
        )
    )
)
_waits = exists().where(_d.id == _p.delivery_id, OPEN).correlate(sftp_places)
_FORGET = Statement(delete(sftp_places).where(_p.placed_at <= bindparam("before"), ~_waits))


class Archives:
    """Rows of `archives`, `archive_blobs` and `sftp_places`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, delivery_id: str, content: bytes, blobs: Iterable[tuple[str, str]]) -> None:
        """Keeps a frozen archive; `blobs` are the (blob key, attachment id) of its manifest."""
        self._session.run(_INSERT, delivery_id=delivery_id, content=content)
        for key, attachment_id in blobs:
            self._session.run(_INSERT_BLOB, blob_key=key, delivery_id=delivery_id, attachment_id=attachment_id)

    def content(self, delivery_id: str) -> bytes | None:
        """What `add` kept."""
        row = self._session.row(_CONTENT, delivery=delivery_id)
        return None if row is None else bytes(row[0])

    def attachments(self, delivery_id: str) -> list[str]:
        """The ids of the attachments in the archive's manifest."""
        return [identifier for (identifier,) in self._session.rows(_MANIFEST, delivery=delivery_id)]

    def inbox(self, account: str, process: str, now: datetime) -> list[Listed]:
        """What the account's inbox of a process shows: open deliveries that SFTP owns (or rehearses), oldest first."""
        return [_listed(row) for row in self._session.rows(_INBOX, account=account, process=process, now=to_ms(now))]

    def placed(self, account: str, process: str, place: Place, since: datetime) -> list[Listed]:
        """What the account moved to a place after `since`."""
        rows = self._session.rows(_PLACED, account=account, process=process, place=place, since=to_ms(since))
        rows += self._session.rows(_REHEARSED_PLACED, account=account, process=process, place=place)
        return [_listed(row) for row in rows]

    def by_name(self, account: str, process: str, name: str) -> tuple[Delivery, Subscription, Place | None] | None:
        """The delivery of that archive name, open or closed, if the account serves it; and where the account put it."""
        return _with_place(self._session.row(_BY_NAME, account=account, process=process, name=name))

    def by_place(
        self, account: str, process: str, place: Place, name: str
    ) -> tuple[Delivery, Subscription, Place | None] | None:
        """The delivery that the account put there under that name."""
        return _with_place(self._session.row(_BY_PLACE, account=account, process=process, place=place, name=name))

    def name_placed(self, account: str, process: str, place: Place, name: str) -> bool:
        """Whether something already has that name there."""
        row = self._session.row(_NAME_PLACED, account=account, process=process, place=place, name=name)
        return row is not None

    def place(self, account: str, delivery: Delivery, place: Place, name: str, now: datetime) -> None:
        """Puts the archive somewhere, for this account only. A deleted one frees its name."""
        self._session.run(
            _PLACE,
            account_id=account,
            delivery_id=delivery.id,
            process_code=delivery.process,
            place=place,
            name=delivery.id if place is Place.DELETED else name,
            placed_at=to_ms(now),
        )

    def referenced(self, key: str) -> bool:
        """Whether any attachment, archive, answer or upload holds the blob of that key."""
        return any(found for (found,) in self._session.rows(_REFERENCED, key=key))

    def forget_places(self, before: datetime) -> int:
        """Drops what was put somewhere before that date and is closed; what still waits would be listed again."""
        return self._session.run(_FORGET, before=to_ms(before))


def _listed(row: Row) -> Listed:
    return Listed(row[0], row[1], row[2], at(row[3]))


def _with_place(row: Row | None) -> tuple[Delivery, Subscription, Place | None] | None:
    if row is None:
        return None
    return delivery(row[:WIDTH]), subscription(row[WIDTH:-1]), None if row[-1] is None else Place(row[-1])
