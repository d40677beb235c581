"""A gateway with one archive whose name is no easy one, its depositor, and the programs that come to fetch it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from gateway.app import Gateway
from gateway.bridge.answers import carry_answers
from gateway.domain.coverage import Ranges
from gateway.domain.deliveries import Delivery, Serving
from gateway.domain.identity import Door
from gateway.pec.archive import Archive, Layout
from gateway.services.ports import Transaction
from tests.clients.programs import program
from tests.journeys import legacy
from tests.journeys.legacy import Legacy
from tests.journeys.rest import Json, Rest, folder_body
from tests.journeys.world import PROCESS, account_id
from tests.pec.answers import answer_zip

T = TypeVar("T")
NUMBER: Final = "A 9 Élancourt n°7"
ARCHIVE: Final = f"{NUMBER}-{PROCESS}-1.zip"
INBOX: Final = f"/{PROCESS}/in"
OUT: Final = f"/{PROCESS}/out"
SIGNED: Final = b"%PDF-1.4 signed"
LARGE: Final = b"%PDF-1.4 " + random.Random(7).randbytes(3 * 2**20 + 7)
"""A document longer than any client's window of requests."""
ANSWER: Final = answer_zip(NUMBER, 19, "Voilà", {"acte signé.pdf": SIGNED})
_DEADLINE: Final = 120


@dataclass(frozen=True)
class Stage:
    """`home`: a directory for what the programs need and make."""

    gateway: Gateway
    depositor: Rest
    folder: Json
    home: Path
    key: Path
    public_key: str
    known_hosts: Path

    @property
    def port(self) -> int:
        return self.gateway.sftp_port

    @property
    def ssh_options(self) -> list[str]:
        """As `-o` takes them, for the programs that call OpenSSH's client."""
        return [
            "BatchMode=yes",
            "StrictHostKeyChecking=yes",
            f"UserKnownHostsFile={self.known_hosts}",
            "IdentitiesOnly=yes",
            f"IdentityFile={self.key}",
        ]

    async def run(
        self, *command: str | Path, expected: Sequence[int] = (0,), environment: Mapping[str, str] | None = None
    ) -> str:
        """Runs a program of PACKAGES to its end; what it printed, errors too."""
        full = [program(str(command[0])), *map(str, command[1:])]
        settings = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.home), **(environment or {})}

        def ended() -> subprocess.CompletedProcess[bytes]:
            return subprocess.run(
                full, stdin=subprocess.DEVNULL, capture_output=True, timeout=_DEADLINE, env=settings, cwd=self.home
            )

        done = await asyncio.to_thread(ended)
        said = (done.stdout + done.stderr).decode(errors="replace")
        assert done.returncode in expected, f"{command}: {done.returncode}\n{said}"
        return said

    async def nobody_left(self) -> None:
        """Returns when no client is connected and everything they left open has been ended."""
        server = self.gateway._sftp
        assert server is not None
        await server._empty.wait()
        while server._tasks:
            await asyncio.wait(server._tasks)

    async def legacy(self, work: Callable[[Legacy], T]) -> T:
        """Lets a paramiko client look, or do its work."""

        def session() -> T:
            with legacy.session(self.port, "rennes") as server:
                return work(server)

        return await asyncio.to_thread(session)

    async def read(self, start: int, end: int) -> None:
        """Reads a range and closes the archive, as a client does that has enough."""

        def work(server: Legacy) -> None:
            with server.sftp.open(f"{INBOX}/{ARCHIVE}") as file:
                file.seek(start)
                assert len(file.read(end - start)) == end - start

        await self.legacy(work)

    async def listed(self, directory: str = "in") -> list[str]:
        return await self.legacy(lambda server: server.list(directory))

    async def statuses(self) -> list[str]:
        """Of the folder, then of its case, as the depositor sees them."""
        return await self.depositor.statuses(self.folder)

    async def answered(self) -> None:
        """Takes in what was uploaded, and looks at what its depositor gets."""
        assert await carry_answers(self.gateway.office) == 1
        assert await self.statuses() == ["DONE", "DONE"]
        case = await self.depositor.case(self.folder["cases"][0]["id"])
        (event,) = [one for one in case["events"] if one["attachments"]]
        assert (event["message"], event["attachments"][0]["fileName"]) == ("Voilà", "acte signé.pdf")
        assert await self.depositor.download(case["id"], event["attachments"][0], event["id"]) == SIGNED

    async def content(self) -> bytes:
        """The archive as the layout has it, with the bytes that were handed in."""
        delivery = await self.delivery()
        packed = await self.gateway.office.store.read(lambda tx: tx.archives.content(delivery.id))
        assert packed is not None
        layout, parts = Layout(Archive.load(packed)), []
        for piece in layout.pieces(0, layout.size):
            if isinstance(piece, bytes):
                parts.append(piece)
                continue
            reader = await self.gateway.office.blobs.reader(piece.blob)
            parts.append(await reader.read(piece.offset, piece.length))
            await reader.close()
        return b"".join(parts)

    async def same(self, fetched: bytes | Path) -> bool:
        """Whether a program got the archive, byte for byte."""
        found = fetched if isinstance(fetched, bytes) else await asyncio.to_thread(fetched.read_bytes)
        whole = await self.content()
        return (len(found), hashlib.sha256(found).digest()) == (len(whole), hashlib.sha256(whole).digest())

    async def delivery(self) -> Delivery:
        (found,) = await self.gateway.office.store.read(lambda tx: tx.deliveries.of_case(self.folder["cases"][0]["id"]))
        return found

    async def covered(self) -> Ranges:
        """Which bytes of the archive the account has, as the gateway counts them."""
        delivery = await self.delivery()

        def query(tx: Transaction) -> Serving | None:
            return tx.servings.get(delivery.id, Door.SFTP, account_id("rennes"))

        serving = await self.gateway.office.store.read(query)
        return () if serving is None else serving.coverage["archive"]

    async def set_password(self, account: str, hashed: str) -> None:
        """Lets the account log in with a password too."""

        def verb(tx: Transaction) -> None:
            found = tx.accounts.get(account)
            assert found is not None
            tx.accounts.change(replace(found, password_hash=hashed), self.gateway.office.clock())

        await self.gateway.office.store.write(verb)

    def file(self, name: str, content: bytes | str) -> Path:
        """A file of the client's own."""
        path = self.home / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


async def deposit_large(depositor: Rest) -> Json:
    """A folder for Rennes whose second document is LARGE, handed in whole."""
    body = folder_body(NUMBER, "rennes")
    body["attachments"][1]["size"] = len(LARGE)
    folder: Json = await depositor.call(201, "POST", "/folders", json=body)
    await depositor.put(folder, 0)
    await depositor.put(folder, 1, io.BytesIO(LARGE))
    await depositor.complete(folder)
    return folder
