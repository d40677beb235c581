"""Answers on a subscriber's own server: fetched once they do not change any more, moved once they are settled."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import structlog

from gateway.bridge.remote import Entry, RefusedError, Remote
from gateway.domain.answers import Answer, is_temporary
from gateway.services import push_answers
from gateway.services.office import Office
from gateway.services.push import Server
from gateway.services.returns import ERROR_SUFFIX

_KEPT: Final = ("~", ERROR_SUFFIX)
"""Ends of names that are no answers either: copies that editors keep, and what the gateway itself puts there."""

_TOO_LARGE: Final = "Fichier trop volumineux : {most} octets au plus / File too large: at most {most} bytes\n"

log = structlog.get_logger(__name__)


class Polling:
    """Looks through directories of answers, and remembers what it saw at its last look at each.

    `most`: the size in bytes that an answer may have.
    """

    def __init__(self, office: Office, spool: Path, most: int) -> None:
        self._office = office
        self._spool = spool
        self._most = most
        self._seen: dict[str, dict[Entry, str | None]] = {}

    async def look(self, server: Server, remote: Remote) -> int:
        """Takes what is new and whole at a server, and moves what is settled; answers how many it took.

        A file is fetched when it has not changed since the look before. It stays where it is until its answer is
        settled; then it goes to DONE, or to FAILED with an error file beside it. A move that fails is made again, and
        the file's bytes tell that it was taken already. Raises RemoteError.
        """
        assert server.target.answers is not None
        folder = server.target.answers.rstrip("/")
        files = [each for each in await remote.files(folder) if _final(each.name)]
        before, now = self._seen.get(server.subscription_id, {}), dict[Entry, str | None]()
        self._seen[server.subscription_id] = now
        standing = await push_answers.standing(self._office, server, {each.name for each in files})
        taken = 0
        for entry in files:
            now[entry] = before.get(entry)
            if entry not in before:
                continue
            try:
                taken += await self._settle(server, remote, folder, entry, now, standing)
            except RefusedError as error:
                log.warning("answer not moved", subscription=server.subscription_id, failure=str(error))
        return taken

    async def _settle(
        self,
        server: Server,
        remote: Remote,
        folder: str,
        entry: Entry,
        now: dict[Entry, str | None],
        standing: list[Answer],
    ) -> bool:
        """Goes as far with one file as it can; whether its answer is a new one."""
        answer = next((one for one in standing if one.id == now[entry]), None)
        new = False
        if answer is None:
            answer, new = await self._take(server, remote, folder, entry, standing)
        if answer is None:
            return False
        now[entry] = answer.id
        if (place := push_answers.place(answer)) is not None:
            await self._move(remote, folder, entry.name, place, answer.error, answer.id)
            await push_answers.moved(self._office, answer)
            del now[entry]
        return new

    async def _take(
        self, server: Server, remote: Remote, folder: str, entry: Entry, standing: list[Answer]
    ) -> tuple[Answer | None, bool]:
        """The answer that the file is, and whether it is a new one; None while the file still changes."""
        if entry.size > self._most:
            await self._move(remote, folder, entry.name, "FAILED", _TOO_LARGE.format(most=self._most), entry.name)
            return None, False
        with TemporaryFile(dir=self._spool) as file:
            size = await remote.fetch(f"{folder}/{entry.name}", entry.size, file)
            if size != entry.size:
                return None, False
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").digest()
            for one in standing:
                if one.name == entry.name and one.blob.sha256 == digest:
                    return one, False
            answer = await push_answers.hand_in(self._office, server, entry.name, file, size)
        log.info("answer fetched", subscription=server.subscription_id, answer=answer.id)
        return answer, True

    async def _move(self, remote: Remote, folder: str, name: str, place: str, error: str | None, unique: str) -> None:
        target = f"{folder}/{place}"
        await remote.ensure_directory(target)
        if await remote.size(f"{target}/{name}") is not None:
            name, before = f"{unique}-{name}", name
        else:
            before = name
        if error is not None:
            await remote.write(f"{target}/{name}{ERROR_SUFFIX}", error.encode())
        try:
            await remote.rename(f"{folder}/{before}", f"{target}/{name}")
        except RefusedError:
            if error is not None:
                with suppress(RefusedError):
                    await remote.remove(f"{target}/{name}{ERROR_SUFFIX}")
            raise


def _final(name: str) -> bool:
    """Whether a file has the name it is meant to have, and not one for the time of its writing."""
    return not (name.startswith(".") or is_temporary(name) or name.lower().endswith(_KEPT) or "/" in name)
