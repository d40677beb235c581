"""Shorthands for what depositors, SFTP accounts and API clients do again and again in the services' tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from sqlalchemy import select

from gateway.bridge.answers import carry_answers
from gateway.domain.answers import Answer
from gateway.domain.deliveries import Delivery, Place
from gateway.domain.dossiers import ActionType, Applicant, Event, Notification
from gateway.domain.identity import Caller, OrganizationId
from gateway.domain.journal import Line
from gateway.domain.statuses import Status
from gateway.pec.archive import Layout, Slice
from gateway.services import acknowledge, archives, attachments, cases, deposit, events, inbox, returns
from gateway.services.archives import Opened
from gateway.services.authenticate import account_caller
from gateway.services.cases import EventView
from gateway.services.deposit import FolderView, NewAttachment, NewCase, NewFolder
from gateway.services.events import NewEvent
from gateway.store.statement import Statement
from gateway.store.tables import journal_payloads
from gateway.store.transaction import Transaction
from tests.pec.answers import answer_zip
from tests.services.declared import Declared
from tests.services.people import BREST_API, DAY, DEPOSITOR, PDF, RENNES, XML, chunks

_PAYLOADS = Statement(select(journal_payloads.c.seq, journal_payloads.c.payload))


class Town(Declared):
    """The office, and everybody at work."""

    async def hand_in(
        self,
        number: str = "A-1",
        to: tuple[str, ...] = (RENNES,),
        *,
        process: str = "EtatCivil",
        caller: Caller = DEPOSITOR,
    ) -> FolderView:
        """A folder with a case for each recipient and two attachments that all of them see, bytes put."""
        names = tuple(f"{number}/{position}" for position in range(1, len(to) + 1))
        new = NewFolder(
            process,
            number,
            Applicant("Zoé", "Noël-d'Été", "zoe@example.org"),
            tuple(NewCase(name, OrganizationId.parse(one)) for name, one in zip(names, to, strict=True)),
            (
                NewAttachment("acte.xml", "ActeEtatCivil-XML", len(XML), "application/xml", names),
                NewAttachment("acte.pdf", "ActeEtatCivil-PDF", len(PDF), "application/pdf", names),
            ),
        )
        view = await deposit.create_folder(self.office, caller, new)
        assert isinstance(view, FolderView)
        for attachment, data in zip(view.attachments, (XML, PDF), strict=True):
            await attachments.receive(self.office, caller, view.folder.id, attachment.id, chunks(data))
        return view

    async def deposit(
        self,
        number: str = "A-1",
        to: tuple[str, ...] = (RENNES,),
        *,
        process: str = "EtatCivil",
        caller: Caller = DEPOSITOR,
    ) -> FolderView:
        """The same, completed; the view is the one before the completion."""
        view = await self.hand_in(number, to, process=process, caller=caller)
        await deposit.update_folder(self.office, caller, view.folder.id, "HUBEE_COMPLETED")
        return view

    async def case_status(self, view: FolderView, position: int = 0) -> Status:
        """Where a case stands, as its depositor sees it."""
        found = await self.store.read(lambda tx: tx.cases.get(view.cases[position].id))
        assert found is not None
        return found[0].status

    async def folder_status(self, view: FolderView) -> Status:
        """Where the folder stands."""
        found = await self.store.read(lambda tx: tx.folders.get(view.folder.id))
        assert found is not None
        return found.status

    async def deliveries(self, view: FolderView, position: int = 0) -> list[Delivery]:
        """The deliveries of a case, oldest first."""
        return await self.store.read(lambda tx: tx.deliveries.of_case(view.cases[position].id))

    async def states(self, view: FolderView, position: int = 0) -> list[str]:
        """Their states."""
        return [str(one.state) for one in await self.deliveries(view, position)]

    async def events(self, view: FolderView, position: int = 0) -> list[Event]:
        """The events of a case, oldest first, with all that they hold."""
        return await self.store.read(lambda tx: tx.events.of_case(view.cases[position].id))

    async def lines(self, entry: str | None = None) -> list[Line]:
        """The journal, or its lines of one kind."""
        found = await self.store.read(lambda tx: tx.journal.after(0))
        return [line for line in found if entry is None or line.entry == entry]

    async def payloads(self) -> dict[int, str]:
        """What lies beside the journal, by the number of its line."""
        return dict(await self.store.read(lambda tx: tx.session.rows(_PAYLOADS)))

    # What an SFTP account does.

    def sftp(self, username: str = "rennes") -> Caller:
        """The account as a caller."""
        return account_caller(self.accounts[username])

    async def listing(self, username: str = "rennes", process: str = "EtatCivil") -> list[str]:
        """The names in in/ itself."""
        return [one.name for one in await archives.inbox(self.office, self.sftp(username), process)]

    async def placed(self, place: Place, username: str = "rennes", process: str = "EtatCivil") -> list[str]:
        """The names in in/DONE or in/FAILED."""
        return [one.name for one in await archives.placed(self.office, self.sftp(username), process, place)]

    async def find(self, name: str, username: str = "rennes", *, again: bool = False) -> Opened:
        """An archive in in/ itself, as an open or a gesture finds it."""
        process = name.split("-")[-2]
        return await archives.find(self.office, self.sftp(username), process, None, name, again=again)

    async def close(
        self, opened: Opened, *ranges: tuple[int, int], username: str = "rennes", clean: bool = True
    ) -> None:
        """Ends a reading of these ranges."""
        account = self.accounts[username]
        await acknowledge.closed(self.office, self.sftp(username), account, opened, ranges, clean=clean)

    async def fetch(self, name: str, username: str = "rennes") -> Opened:
        """Reads an archive whole."""
        opened = await self.find(name, username)
        await self.close(opened, (0, opened.size), username=username)
        return opened

    async def move(self, opened: Opened, place: Place = Place.DONE, username: str = "rennes", name: str = "") -> None:
        """Renames an archive into a place."""
        account = self.accounts[username]
        await acknowledge.move(self.office, self.sftp(username), account, opened, place, name or opened.name)

    async def remove(self, opened: Opened, username: str = "rennes") -> None:
        """Deletes an archive."""
        await acknowledge.remove(self.office, self.sftp(username), self.accounts[username], opened)

    async def bytes_of(self, opened: Opened) -> bytes:
        """The archive's bytes, as a handle makes them."""
        layout = Layout(await archives.content(self.office, opened))
        assert layout.size == opened.size
        data = bytearray()
        for piece in layout.pieces(0, layout.size):
            if isinstance(piece, Slice):
                reader = await self.blobs.reader(piece.blob)
                data += await reader.read(piece.offset, piece.length)
                await reader.close()
            else:
                data += piece
        return bytes(data)

    async def put(
        self, data: bytes, name: str = "retour.zip", username: str = "rennes", process: str = "EtatCivil"
    ) -> Answer:
        """Uploads a file to out/."""
        return await returns.hand_in(self.office, self.sftp(username), process, name, BytesIO(data), len(data))

    async def answer(
        self,
        number: str = "A-1",
        code: int = 100,
        comment: str | None = None,
        files: Mapping[str, bytes] | None = None,
        *,
        name: str = "retour.zip",
        username: str = "rennes",
        process: str = "EtatCivil",
    ) -> Answer:
        """Uploads an answer and has it taken in."""
        put = await self.put(answer_zip(number, code, comment, files), name, username, process)
        await carry_answers(self.office)
        found = await self.store.read(lambda tx: tx.answers.get(put.id))
        assert found is not None
        return found

    async def out(self, directory: str = "", username: str = "rennes", process: str = "EtatCivil") -> list[str]:
        """The names in out/ or a directory of it."""
        return [one.name for one in await returns.listing(self.office, self.sftp(username), process, directory)]

    # What a client of the API does.

    async def inbox(self, caller: Caller = BREST_API, most: int = 25) -> list[Notification]:
        """Its notifications."""
        return await inbox.notifications(self.office, caller, most)

    async def read_all(self, caller: Caller, view: FolderView, position: int = 0) -> None:
        """Reads a case and downloads all that it shows."""
        case = view.cases[position].id
        found = await cases.read_case(self.office, caller, case)
        for attachment in found.attachments:
            await self.download(caller, case, attachment.id)
        for event in found.events:
            for attachment in event.attachments:
                await self.download(caller, case, attachment.id, event.event.id)

    async def download(
        self, caller: Caller, case: str, attachment: str, event: str | None = None, *ranges: tuple[int, int]
    ) -> bytes:
        """Downloads an attachment, whole or the ranges given."""
        if event is None:
            found = await attachments.open_attachment(self.office, caller, case, attachment)
        else:
            found = await attachments.open_event_attachment(self.office, caller, case, event, attachment)
        data = b""
        for start, end in ranges or ((0, found.reader.size),):
            data += await found.reader.read(start, end - start)
            await found.served(start, end)
        await found.close()
        return data

    async def dismissed(self, caller: Caller = BREST_API) -> None:
        """Deletes every notification it has."""
        for one in await self.inbox(caller):
            await inbox.dismiss(self.office, caller, one.id)

    async def told(self, caller: Caller = DEPOSITOR) -> list[str | None]:
        """The new statuses in the events that its notifications name."""

        def query(tx: Transaction) -> list[str | None]:
            found = [tx.events.get(one.case_id or "", one.event_id or "") for one in shown]
            return [None if event is None else event.new_status for event in found]

        shown = await self.inbox(caller)
        return await self.store.read(query)

    async def say(self, caller: Caller, view: FolderView, position: int = 0, **event: Any) -> Event:
        """Posts an event without files."""
        new = NewEvent(**({"action": ActionType.STATUS_UPDATE} | event))
        found = await events.post_event(self.office, caller, view.cases[position].id, new)
        assert isinstance(found, EventView)
        return found.event

    async def attach(
        self, caller: Caller, view: FolderView, position: int = 0, *, send: bool = True, **event: Any
    ) -> Event:
        """Posts an event with a PDF, and sends it."""
        case = view.cases[position].id
        kind = "ActeEtatCivil-PDF"
        file = NewAttachment("piece.pdf", kind, len(PDF), "application/pdf")
        new = NewEvent(**({"action": ActionType.ATTACH_DEPOSIT, "attachments": (file,)} | event))
        found = await events.post_event(self.office, caller, case, new)
        assert isinstance(found, EventView)
        await attachments.receive_for_event(
            self.office, caller, case, found.event.id, found.attachments[0].id, chunks(PDF)
        )
        if send:
            await events.set_event_status(self.office, caller, case, found.event.id, "SENT")
        return found.event

    async def keys(self) -> set[str]:
        """Every blob there is."""
        later = datetime.now(UTC) + DAY
        return {key async for key in self.blobs.keys_older_than(later)}
