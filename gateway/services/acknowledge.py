"""What SFTP accounts do with archives: read them, move them to DONE or FAILED, delete them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.domain.coverage import Coverage, Ranges
from gateway.domain.deliveries import Delivery, Gesture, Place, Serving, Verdict
from gateway.domain.errors import ConflictError, NotFoundError, UnreadError
from gateway.domain.identity import Caller
from gateway.domain.referential import SftpAccount
from gateway.services.access import subscription_of
from gateway.services.archives import Opened
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.rehearsing import on_subscription
from gateway.services.settle import gesture, repeat, whole_reading

ARCHIVE: Final = "archive"
"""The item that stands for the whole archive in a serving's coverage."""

_UNREAD = (
    "Lisez l'archive en entier avant de la déplacer ou de la supprimer / "
    "Read the whole archive before moving or deleting it"
)


async def closed(
    office: Office, caller: Caller, account: SftpAccount, opened: Opened, ranges: Ranges, *, clean: bool
) -> None:
    """Ends one reading of an archive: keeps which bytes were served, over all sessions of the account.

    When every byte is covered and the handle was closed by its client (`clean`, not by a lost connection), the delivery
    is FETCHED, and ACCEPTED if the account acknowledges by reading.
    """
    if not ranges:
        return
    now = office.clock()
    await office.store.write(lambda tx: _closed(tx, office, caller, account, opened, ranges, clean, now))


async def move(office: Office, caller: Caller, account: SftpAccount, opened: Opened, place: Place, name: str) -> None:
    """Moves an archive to DONE (taken in) or FAILED (could not be taken in), under any name that is free there.

    An account that does not acknowledge by renaming only moves it in its own view. Raises UnreadError when it was not
    read whole and the account has to; ConflictError when the name exists there; NotFoundError when it does not count.
    """
    made = Gesture.FAIL if place is Place.FAILED else Gesture.RENAME
    await _place(office, caller, account, opened, made, place, name)


async def remove(office: Office, caller: Caller, account: SftpAccount, opened: Opened) -> None:
    """Deletes an archive, which says that it was taken in. Raises UnreadError or NotFoundError as `move` does."""
    await _place(office, caller, account, opened, Gesture.DELETE, Place.DELETED, opened.delivery.archive_name)


async def _place(
    office: Office,
    caller: Caller,
    account: SftpAccount,
    opened: Opened,
    made: Gesture,
    place: Place,
    name: str,
) -> None:
    now = office.clock()

    def verb(tx: Transaction) -> Verdict:
        tx = _stage(tx, caller, opened)
        if opened.place is None and opened.moved_to is not None:
            return repeat(tx, caller, opened.delivery, made, now)
        if place is not Place.DELETED and _taken(tx, account, opened.delivery, place, name):
            raise ConflictError("A file of that name exists there")
        verdict = Verdict.MOVES
        if opened.place is None and _acknowledges(account, made):
            verdict = gesture(
                tx,
                office,
                caller,
                opened.delivery.id,
                made,
                now,
                opened_owned=opened.owned,
                allow_unread=account.allow_unread,
            )
        if verdict in (Verdict.MOVES, Verdict.REPEATS):
            tx.archives.place(account.id, opened.delivery, place, name, now)
        return verdict

    verdict = await office.store.write(verb)
    if verdict is Verdict.UNREAD:
        raise UnreadError(_UNREAD)
    if verdict is Verdict.FOREIGN:
        raise NotFoundError("File")


def _stage(tx: Transaction, caller: Caller, opened: Opened) -> Transaction:
    """Where a gesture on an archive takes effect: what was found in a dual run counts nowhere else, also after it."""
    if not opened.rehearsed:
        return tx
    return on_subscription(tx, caller, subscription_of(tx, opened.delivery.subscription_id))


def _taken(tx: Transaction, account: SftpAccount, delivery: Delivery, place: Place, name: str) -> bool:
    """Whether another archive of the account has that name there; the same one only got there a moment earlier."""
    if not tx.archives.name_placed(account.id, delivery.process, place, name):
        return False
    found = tx.archives.by_place(account.id, delivery.process, place, name)
    return found is None or found[0].id != delivery.id


def _acknowledges(account: SftpAccount, made: Gesture) -> bool:
    """Whether the account means something by the gesture; moving to FAILED is a kind of renaming."""
    return (Gesture.RENAME if made is Gesture.FAIL else made) in account.acknowledge_on


def _closed(
    tx: Transaction,
    office: Office,
    caller: Caller,
    account: SftpAccount,
    opened: Opened,
    ranges: Ranges,
    clean: bool,
    now: datetime,
) -> None:
    delivery = opened.delivery
    tx = _stage(tx, caller, opened)
    held = tx.deliveries.for_gesture(delivery.id, caller.door, caller.reader)
    # Now that it is held, no other session adds its ranges meanwhile.
    serving = tx.servings.get(delivery.id, caller.door, caller.reader) or Serving(opened.owned, opened.epoch, {})
    covered = Coverage((*serving.coverage.get(ARCHIVE, ()), *ranges))
    # Whose client came back before its lost connection was noticed has closed the newer handle by then.
    closed = clean or (serving.closed_at is not None and serving.closed_at > opened.opened_at)
    whole = closed and covered.covers(opened.size)
    kept = replace(
        serving,
        owned=serving.owned or opened.owned,
        coverage={ARCHIVE: covered.ranges},
        whole_at=serving.whole_at or (now if whole else None),
        closed_at=now if clean else serving.closed_at,
    )
    tx.servings.save(delivery.id, caller.door, caller.reader, kept, now)
    if not whole or held is None:
        return
    verdict = whole_reading(
        tx,
        office,
        caller,
        held,
        now,
        first=serving.whole_at is None,
        opened_owned=opened.owned,
        reading_accepts=Gesture.READ in account.acknowledge_on,
    )
    if verdict is not Verdict.MOVES and held[0].fetched_at is None:
        tx.deliveries.note_fetch(delivery.id, now)
