"""Archives on their way to subscribers' own SFTP servers: one connection to each, and none waits for another's.

An archive is written under a temporary name, measured, and given its name. A file that already stands there under that
name with the right size is the work of an earlier attempt whose end nobody learnt; one of another size stays untouched.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import Collection
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

import structlog

from gateway.bridge.polling import Polling
from gateway.bridge.remote import CHUNK, RefusedError, Remote, RemoteError, connected
from gateway.domain.errors import UnavailableError
from gateway.domain.pushing import Manner, PushTarget
from gateway.services import push, push_answers
from gateway.services.archive_reading import ArchiveReader
from gateway.services.office import Office
from gateway.services.push import Push, Server
from gateway.services.push_secrets import UnsealableError

MOST: Final = 200
"""Archives delivered over one connection before others may have its place."""
_LOOKED_AT: Final = 1000
_BEATS: Final = 4  # in the time of a lease

log = structlog.get_logger(__name__)


class Connect(Protocol):
    """How a server is reached; see `bridge.remote.connected`."""

    def __call__(
        self, target: PushTarget, *, private: bool, connect_timeout: float, timeout: float
    ) -> AbstractAsyncContextManager[Remote]: ...


class Pushes:
    """Goes to subscribers' servers, a task for each. Servers that failed have places of their own.

    So neither one that is dead nor a hundred of them take the place of one that answers.
    """

    def __init__(self, office: Office, manner: Manner, spool: Path, connect: Connect = connected) -> None:
        """`spool`: the directory in which fetched answers lie for a moment."""
        self._office = office
        self._manner = manner
        self._connect = connect
        self._holder: Final = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        # Longer than a server has to do one thing: what a killed process asked for last is over when another comes.
        self._lease = timedelta(seconds=manner.connect_timeout + manner.timeout)
        self._beat = self._lease.total_seconds() / _BEATS
        self._places = asyncio.Semaphore(manner.connections)
        self._probes = asyncio.Semaphore(max(1, manner.connections // 4))
        self._running: dict[str, asyncio.Task[None]] = {}
        self._to_look: set[str] = set()
        self._polling = Polling(office, spool, manner.answer_max_size)

    @property
    def visits(self) -> tuple[asyncio.Task[None], ...]:
        """Those on the way to a server now."""
        return tuple(self._running.values())

    async def send_due(self) -> int:
        """Sets out to every server for which something is due and nobody is on the way; answers to how many."""
        waiting = await push.waiting(self._office, _LOOKED_AT)
        return sum(self._set_out(subscription, failures) for subscription, failures in waiting)

    async def look_for_answers(self, among: Collection[str] | None = None) -> int:
        """Sets out to every server that may hold answers; whoever is on the way there already looks too.

        `among`: only to those of these subscriptions.
        """
        found = await push_answers.answering(self._office)
        if among is not None:
            found = [one for one in found if one in among]
        self._to_look.update(found)
        return sum(self._set_out(subscription, 0) for subscription in found)

    async def idle(self) -> None:
        """Waits until nobody is on the way any more."""
        while self._running:
            await asyncio.gather(*self._running.values())

    async def drain(self, deadline: float) -> None:
        """Waits up to `deadline` seconds for what is on the way; what is cut off is begun again."""
        running = list(self._running.values())
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=deadline)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _set_out(self, subscription: str, failures: int) -> bool:
        if subscription in self._running:
            return False
        task = asyncio.create_task(self._visit(subscription, self._probes if failures else self._places))
        self._running[subscription] = task
        task.add_done_callback(lambda _: self._running.pop(subscription, None))
        return True

    async def _visit(self, subscription: str, places: asyncio.Semaphore) -> None:
        try:
            async with places:
                server = await push.open_server(self._office, subscription, self._holder, self._lease)
                if server is None:
                    return
                beating = asyncio.create_task(self._keep(server))
                try:
                    await self._serve(server)
                finally:
                    beating.cancel()
                    await asyncio.wait([beating])  # or it might take back what is given up
                    await push.leave(self._office, server)
        except UnsealableError as error:
            log.error("server's secrets cannot be read", subscription=subscription, failure=str(error))
        except Exception:
            log.exception("visit failed", subscription=subscription)
            self._office.meter.count("errors_total", door="BRIDGE")

    async def _keep(self, server: Server) -> None:
        """Prolongs the lease while somebody is there, whatever takes its time; who has lost it finds out by itself."""
        while True:
            await asyncio.sleep(self._beat)
            with suppress(UnavailableError):
                if not await push.keep(self._office, server):
                    return

    async def _serve(self, server: Server) -> None:
        manner = self._manner
        try:
            async with self._connect(
                server.target,
                private=manner.private_targets,
                connect_timeout=manner.connect_timeout,
                timeout=manner.timeout,
            ) as remote:
                for _ in range(MOST):
                    one = await push.begin(self._office, server)
                    if one is None:
                        break
                    await self._deliver(server, remote, one)
                if server.subscription_id in self._to_look:
                    self._to_look.discard(server.subscription_id)
                    await self._polling.look(server, remote)
                    await push.server_answered(self._office, server)
        except RemoteError as error:
            breaker = await push.server_failed(self._office, server, str(error))
            log.warning(
                "server failed",
                subscription=server.subscription_id,
                host=server.target.host,
                failure=str(error),
                failures=breaker.failures,
            )

    async def _deliver(self, server: Server, remote: Remote, one: Push) -> None:
        """One attempt. Raises RemoteError when the server is not to be gone on with."""
        reader = ArchiveReader(self._office.blobs, one.archive)
        try:
            failure = await self._attempt(server, remote, one, reader)
        except RemoteError as error:
            await push.failed(self._office, one, str(error))
            raise
        except Exception as error:  # an archive whose bytes are gone or broken holds up no other
            log.exception("archive not delivered", delivery=one.delivery.id)
            failure = f"the archive cannot be read: {type(error).__name__}"
        finally:
            await reader.close()
        if failure is not None:
            await push.failed(self._office, one, failure, give_up=True)
        log.info("archive pushed" if failure is None else "push failed", delivery=one.delivery.id, failure=failure)

    async def _attempt(self, server: Server, remote: Remote, one: Push, reader: ArchiveReader) -> str | None:
        """Why the archive could not be delivered, or None: it was, or is not to be any more."""
        folder = server.target.directory.rstrip("/") or "/"
        name = one.delivery.archive_name
        final, temporary = f"{folder}/{name}", f"{folder}/.{name}{self._manner.suffix}"
        size = one.delivery.archive_size
        standing = await remote.size(final)
        if standing == size:
            await push.delivered(self._office, server, one, await _digest(reader), found=True)
            return None
        if standing is not None:
            return f"a file of that name and of another size ({standing} bytes, not {size}) stands there already"
        taken = hashlib.sha256()
        renew_at = self._office.clock() + self._lease / 3

        async def read(offset: int, length: int) -> bytes:
            nonlocal renew_at
            if self._office.clock() >= renew_at:
                renew_at = self._office.clock() + self._lease / 3
                if not await push.keep(self._office, server):
                    raise RemoteError("another process went there meanwhile")
            data = await reader.read(offset, length)
            taken.update(data)
            return data

        await remote.upload(temporary, size, read)
        written = await remote.size(temporary)
        if written != size:
            raise RefusedError(f"the server has {written} bytes of {size}")
        if not await push.still_ours(self._office, server, one):
            if not await push.keep(self._office, server):
                raise RemoteError("another process went there meanwhile")
            await remote.remove(temporary)
            return None
        await remote.rename(temporary, final)
        await push.delivered(self._office, server, one, taken.digest(), found=False)
        return None


async def _digest(reader: ArchiveReader) -> bytes:
    taken = hashlib.sha256()
    for offset in range(0, reader.size, CHUNK):
        taken.update(await reader.read(offset, CHUNK))
        await asyncio.sleep(0)
    return taken.digest()
