"""Doors that are the verbs behind them, for thousands of clients: what a door would call, without its protocol."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile

from gateway.domain.deliveries import Place
from gateway.domain.dossiers import ActionType
from gateway.domain.errors import DomainError, ForbiddenError, NotFoundError
from gateway.domain.identity import Caller, Door, Role
from gateway.domain.referential import SftpAccount
from gateway.pec.archive import Layout, Slice
from gateway.services import acknowledge, archives, attachments, cases, deposit, events, inbox, returns
from gateway.services.archives import Opened
from gateway.services.authenticate import account_caller
from gateway.services.office import Office
from gateway.services.once import Once
from tools.simulate.doors import CaseSeen, GoneError, Notice, RefusedError


@contextmanager
def _answers() -> Iterator[None]:
    """What a verb raises, as a client sees it."""
    try:
        yield
    except (NotFoundError, ForbiddenError) as error:
        raise GoneError(str(error)) from error
    except DomainError as error:
        raise RefusedError(str(error)) from error


class ServiceReading:
    """An archive that is open, and which parts of it were read."""

    def __init__(self, office: Office, account: SftpAccount, opened: Opened, layout: Layout) -> None:
        self.size = layout.size
        self._office = office
        self._account = account
        self._opened = opened
        self._layout = layout
        self._ranges: list[tuple[int, int]] = []

    async def read(self, start: int, end: int) -> bytes:
        """Makes the bytes as the door does, from what is frozen and from the blobs."""
        data = bytearray()
        for piece in self._layout.pieces(start, end - start):
            if isinstance(piece, Slice):
                reader = await self._office.blobs.reader(piece.blob)
                data += await reader.read(piece.offset, piece.length)
                await reader.close()
            else:
                data += piece
        self._ranges.append((start, end))
        return bytes(data)

    async def end(self, *, clean: bool) -> None:
        """Counts what was read."""
        caller = account_caller(self._account)
        with _answers():
            await acknowledge.closed(
                self._office, caller, self._account, self._opened, tuple(self._ranges), clean=clean
            )


class ServiceSftp:
    """A legacy server's account at the verbs."""

    def __init__(self, office: Office, account: SftpAccount, process: str) -> None:
        self.actor = account.username
        self._office = office
        self._account = account
        self._caller = account_caller(account)
        self._process = process

    async def names(self) -> list[str]:
        """The archives in in/."""
        with _answers():
            return [one.name for one in await archives.inbox(self._office, self._caller, self._process)]

    async def open(self, name: str) -> ServiceReading:
        """Opens one."""
        with _answers():
            opened, archive = await archives.open_archive(self._office, self._caller, self._process, None, name)
        return ServiceReading(self._office, self._account, opened, Layout(archive))

    async def put_away(self, name: str, place: Place) -> None:
        """Renames one into DONE or FAILED, or deletes it."""
        with _answers():
            opened = await archives.find(self._office, self._caller, self._process, None, name, again=True)
            if place is Place.DELETED:
                await acknowledge.remove(self._office, self._caller, self._account, opened)
            else:
                await acknowledge.move(self._office, self._caller, self._account, opened, place, name)

    async def put(self, name: str, content: bytes) -> None:
        """Uploads an answer."""
        with _answers(), TemporaryFile() as file:
            file.write(content)
            file.flush()
            await returns.hand_in(self._office, self._caller, self._process, name, file, len(content))

    async def refused(self) -> set[str]:
        """The names in out/FAILED."""
        with _answers():
            return {one.name for one in await returns.listing(self._office, self._caller, self._process, "FAILED")}


class ServiceApi:
    """A client of the API at the verbs."""

    def __init__(self, office: Office, organization: str, actor: str) -> None:
        self.actor = actor
        self._office = office
        self._caller = Caller(organization, Role.SI, Door.API, actor)

    async def inbox(self) -> list[Notice]:
        """Its notifications."""
        with _answers():
            found = await inbox.notifications(self._office, self._caller, 100)
        return [Notice(one.id, one.case_id) for one in found if one.case_id is not None]

    async def case(self, case: str) -> CaseSeen:
        """A case."""
        with _answers():
            view = await cases.read_case(self._office, self._caller, case)
        found: list[tuple[str, str | None]] = [(one.id, None) for one in view.attachments]
        found += [(one.id, event.event.id) for event in view.events for one in event.attachments]
        return CaseSeen(view.folder.external_id, view.case.status, found)

    async def download(self, case: str, attachment: str, event: str | None) -> bytes:
        """An attachment, whole."""
        with _answers():
            if event is None:
                found = await attachments.open_attachment(self._office, self._caller, case, attachment)
            else:
                found = await attachments.open_event_attachment(self._office, self._caller, case, event, attachment)
            try:
                data = await found.reader.read(0, found.reader.size)
                await found.served(0, found.reader.size)
            finally:
                await found.close()
        return data

    async def dismiss(self, notice: str) -> None:
        """Deletes a notification."""
        with _answers():
            await inbox.dismiss(self._office, self._caller, notice)

    async def set_status(self, case: str, status: str) -> None:
        """Says where a case stands, by PATCH."""
        with _answers():
            await cases.set_status(self._office, self._caller, case, status)

    async def post(self, case: str, status: str, message: str, key: str) -> None:
        """The same by an event."""
        new = events.NewEvent(ActionType.STATUS_UPDATE, message=message, notification=True, new_status=status)
        once = Once(key, hashlib.sha256(f"{case} {status} {message}".encode()).digest(), lambda _: "{}")
        with _answers():
            await events.post_event(self._office, self._caller, case, new, once)


class ServiceDeposits:
    """A depositor at the verbs."""

    def __init__(self, office: Office, caller: Caller) -> None:
        self._office = office
        self._caller = caller

    async def deposit(self, new: deposit.NewFolder, contents: Sequence[bytes]) -> tuple[str, list[str]]:
        """Hands in a folder whole."""
        with _answers():
            view = await deposit.create_folder(self._office, self._caller, new)
            assert isinstance(view, deposit.FolderView), "it goes with no idempotency key"
            folder = view.folder.id
            for attachment, content in zip(view.attachments, contents, strict=True):
                await attachments.receive(self._office, self._caller, folder, attachment.id, _stream(content))
            await deposit.update_folder(self._office, self._caller, folder, "HUBEE_COMPLETED")
        return folder, [one.id for one in view.cases]


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    yield content
