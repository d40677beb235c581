"""Towns in which a door rehearses, what may happen in them, and all that a rehearsing door must leave alone."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from gateway.domain.deliveries import Place
from gateway.domain.dossiers import ActionType, EventStatus
from gateway.domain.errors import DomainError
from gateway.domain.identity import Mode
from gateway.services import case_archives, cases, events, expire, inbox, rehearsals
from gateway.services.deposit import FolderView
from gateway.services.office import Office
from gateway.services.once import Once, Replay
from gateway.store.blobs import LocalBlobs
from gateway.store.statement import Statement
from gateway.store.tables import metadata
from gateway.store.transaction import Transaction
from tests.databases import AnyStore, Database, opened
from tests.services.people import (
    DAY,
    DEPOSITOR,
    GATEWAY,
    HOUR,
    OPERATOR,
    RENNES,
    RENNES_API,
    Clock,
    Counts,
    PlainSecrets,
)
from tests.services.town import Town

STATUSES: Final = (
    "SENT",
    "SI_RECEIVED",
    "IN_PROGRESS",
    "ADD_AWAITING",
    "REFUSED",
    "DONE",
    "SI_INTG_ERROR",
    "CLOSED",
    "X",
)
CODES: Final = (14, 15, 16, 17, 19, 20, 99)
_OWN: Final = re.compile(r"rehears|^(servings|journal|journal_payloads|answers|idempotency)$")
_TABLES: Final = [Statement(select(table)) for table in metadata.sorted_tables if not _OWN.search(table.name)]
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Act = Callable[[Town, list[FolderView], int], Awaitable[object]]


@asynccontextmanager
async def a_town(database: Database, directory: Path, owner: Mode) -> AsyncIterator[Town]:
    """The town on a fresh database, where that mode owns Rennes' subscription."""
    blobs = LocalBlobs(directory / "blobs")
    await blobs.open()
    clock, meter, secrets = Clock(), Counts(), PlainSecrets()
    async with opened(database) as store:
        town = Town(store, blobs, Office(store, blobs, clock, secrets, meter, GATEWAY), clock, meter, secrets)
        await town.declare()
        if owner is not Mode.SFTP:
            await town.switch(RENNES, owner)
        clock.pass_by(HOUR)
        yield town


@asynccontextmanager
async def on_sqlite(template: Path, directory: Path, owner: Mode) -> AsyncIterator[Town]:
    """The same on a copy of an SQLite file."""
    async with a_town(await asyncio.to_thread(_copied, template, directory), directory, owner) as town:
        yield town


def _copied(template: Path, directory: Path) -> Path:
    directory.mkdir()
    return Path(shutil.copy(template, directory / "gateway.db"))


async def rehearse(town: Town, mode: Mode) -> None:
    """Lets that door rehearse."""
    await rehearsals.start(town.office, OPERATOR, town.subscriptions[RENNES, "EtatCivil"].id, mode, DAY)


async def everything(store: AnyStore) -> list[list[Any]]:
    """Every row that no rehearsing door may touch, and the lines of the journal that are not its evidence."""

    def query(tx: Transaction) -> list[list[Any]]:
        lines = tx.journal.after(0, 10_000)
        of_rehearsals = [line for line in lines if "rehearsal" in (line.detail or {})]
        of_uploads = [line for line in lines if line.entry.startswith("answer.") and line.case_id is None]
        real = [line for line in lines if line not in of_rehearsals and line not in of_uploads]
        assert all(line.entry == "delivery.served" or line.case_id is None for line in of_rehearsals)
        assert {line.entry for line in of_rehearsals} <= {
            "delivery.served",
            "answer.taken",
            "answer.duplicate",
            "answer.refused",
            "rehearsal.started",
            "rehearsal.ended",
        }
        return [*(sorted(map(repr, tx.session.rows(one))) for one in _TABLES), list(map(repr, real))]

    return await store.read(query)


async def outcome(act: Act, town: Town, views: list[FolderView], pick: int) -> str:
    """What its caller is answered, without the ids in it."""
    try:
        found = await act(town, views, pick)
    except DomainError as error:
        found = f"{type(error).__name__}: {error}"
    return _ID.sub("…", str(found))


def _of(views: list[FolderView], pick: int) -> FolderView:
    return views[pick % len(views)]


async def deposit(town: Town, views: list[FolderView], pick: int) -> object:
    views.append(await town.deposit(f"A-{len(views) + 1}"))
    return None


async def complement(town: Town, views: list[FolderView], pick: int) -> object:
    if pick % 2:
        await town.attach(DEPOSITOR, _of(views, pick), notification=True)
    else:
        await town.say(DEPOSITOR, _of(views, pick), action=ActionType.SENDING_MESSAGE, message="Voici.")
    return None


async def reopen(town: Town, views: list[FolderView], pick: int) -> object:
    await cases.set_status(town.office, DEPOSITOR, _of(views, pick).cases[0].id, "HUBEE_NOTIFIED")
    return None


async def close(town: Town, views: list[FolderView], pick: int) -> object:
    await cases.set_status(town.office, DEPOSITOR, _of(views, pick).cases[0].id, "CLOSED")
    return None


async def time(town: Town, views: list[FolderView], pick: int) -> object:
    town.clock.pass_by(HOUR * (pick % 3))
    await expire.expire_due(town.office)
    return None


# At the API.


async def api_reads(town: Town, views: list[FolderView], pick: int) -> object:
    await town.read_all(RENNES_API, _of(views, pick))
    return None


async def api_reads_archive(town: Town, views: list[FolderView], pick: int) -> object:
    found = await case_archives.open_archive(town.office, RENNES_API, _of(views, pick).cases[0].id)
    await found.served(0, found.reader.size if pick % 2 else 10)
    await found.close()
    return found.delivery.sequence


async def api_dismisses(town: Town, views: list[FolderView], pick: int) -> object:
    shown = await town.inbox(RENNES_API)
    if shown:
        await inbox.dismiss(town.office, RENNES_API, shown[pick % len(shown)].id)
    return len(shown)


async def api_acknowledges(town: Town, views: list[FolderView], pick: int) -> object:
    ids = [one.id for one in (await town.inbox(RENNES_API))[: 1 + pick % 3]]
    once = Once(f"k{pick % 3}", "".join(ids).encode(), lambda found: ",".join(one.outcome for one in found))
    found = await inbox.acknowledge(town.office, RENNES_API, [*ids, *ids], once)
    return found if isinstance(found, Replay) else [one.outcome for one in found]


async def api_sets_status(town: Town, views: list[FolderView], pick: int) -> object:
    status = STATUSES[pick % len(STATUSES)]
    return await cases.set_status(town.office, RENNES_API, _of(views, pick // 16).cases[0].id, status)


async def api_says(town: Town, views: list[FolderView], pick: int) -> object:
    status = STATUSES[pick % len(STATUSES)]
    message = "Bien reçu." if pick % 2 else None
    event = await town.say(
        RENNES_API, _of(views, pick // 16), new_status=status, message=message, notification=bool(pick % 3)
    )
    return event.status, event.new_status


async def api_attaches(town: Town, views: list[FolderView], pick: int) -> object:
    status = STATUSES[pick % len(STATUSES)] if pick % 2 else None
    event = await town.attach(RENNES_API, _of(views, pick // 16), send=bool(pick % 3), new_status=status)
    return event.status


async def api_deletes_event(town: Town, views: list[FolderView], pick: int) -> object:
    case = _of(views, pick).cases[0].id
    shown = (await cases.read_case(town.office, RENNES_API, case)).events
    if shown:
        await events.delete_event(town.office, RENNES_API, case, shown[pick % len(shown)].event.id)
    return len(shown)


async def api_sets_event_status(town: Town, views: list[FolderView], pick: int) -> object:
    case = _of(views, pick).cases[0].id
    shown = (await cases.read_case(town.office, RENNES_API, case)).events
    if shown:
        wanted = (EventStatus.RECEIVED, EventStatus.SENT)[pick % 2]
        await events.set_event_status(town.office, RENNES_API, case, shown[pick // 2 % len(shown)].event.id, wanted)
    return len(shown)


# Over SFTP.


async def sftp_reads(town: Town, views: list[FolderView], pick: int) -> object:
    names = await town.listing()
    if not names:
        return None
    opened = await town.find(names[pick % len(names)])
    end = opened.size if pick % 3 else opened.size // 2
    await town.close(opened, (0, end), clean=bool(pick % 5))
    return opened.name, len(await town.bytes_of(opened))


async def sftp_moves(town: Town, views: list[FolderView], pick: int) -> object:
    names = await town.listing()
    if not names:
        return None
    opened = await town.find(names[pick % len(names)], again=True)
    if pick % 4 == 3:
        await town.remove(opened)
    else:
        await town.move(opened, Place.FAILED if pick % 4 == 2 else Place.DONE, name="same.zip" if pick % 5 == 0 else "")
    return opened.name


async def sftp_repeats(town: Town, views: list[FolderView], pick: int) -> object:
    opened = await town.find(f"A-{1 + pick % len(views)}-EtatCivil-1.zip", again=True)
    await town.move(opened, Place.DONE)
    return opened.moved_to


async def sftp_answers(town: Town, views: list[FolderView], pick: int) -> object:
    number = "A-99" if pick % 7 == 6 else f"A-{1 + pick // 16 % len(views)}"
    files = {"acte.pdf": b"%PDF-1.7"} if pick % 2 else None
    answered = await town.answer(number, CODES[pick % len(CODES)], "Bonjour", files, name=f"r{pick % 3}.zip")
    return answered.state, answered.error and answered.error[:80]


DEPOSITORS: Final[tuple[Act, ...]] = (deposit, complement, time)
API: Final[tuple[Act, ...]] = (
    api_reads,
    api_reads_archive,
    api_dismisses,
    api_acknowledges,
    api_sets_status,
    api_says,
    api_attaches,
    api_deletes_event,
    api_sets_event_status,
)
SFTP: Final[tuple[Act, ...]] = (sftp_reads, sftp_moves, sftp_repeats, sftp_answers)
DOORS: Final = {Mode.API: API, Mode.SFTP: SFTP}
OTHERS: Final = {Mode.API: Mode.SFTP, Mode.SFTP: Mode.API}


async def seen(town: Town, views: list[FolderView], mode: Mode) -> object:
    """All that a subscriber sees at one of its doors, without ids."""
    if mode is Mode.SFTP:
        placed = [sorted(await town.placed(place)) for place in (Place.DONE, Place.FAILED)]
        files = [await town.out(directory) for directory in ("", "DONE", "FAILED")]
        return sorted(await town.listing()), placed, [sorted(names) for names in files]
    shown = [(one.action, one.event_status, one.fetched, one.sequence) for one in await town.inbox(RENNES_API)]
    read = [await cases.read_case(town.office, RENNES_API, view.cases[0].id) for view in views]
    return shown, [(one.case.status, [_event(event) for event in one.events]) for one in read]


def _event(shown: cases.EventView) -> object:
    one = shown.event
    files = [(each.status, each.size) for each in shown.attachments]
    return one.action, one.status, one.current_status, one.new_status, one.message, one.inserted, one.transmitter, files


async def told(town: Town, views: list[FolderView]) -> object:
    """All that the depositor sees."""
    read = [repr(await cases.read_case(town.office, DEPOSITOR, view.cases[0].id)) for view in views]
    return read, await town.inbox(DEPOSITOR, 1000), [await town.folder_status(view) for view in views]
