"""Everybody on the stage: what a scene works with."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.cli.demo.checks import Checks
from gateway.cli.demo.documents import Document
from gateway.cli.demo.legacy import LegacySubscriber, Login, Taken
from gateway.cli.demo.people import ApiSubscriber, Depositor
from gateway.cli.demo.process import Doors

T = TypeVar("T")
TOWN: Final = "Saint-Exemple (SFTP, legacy)"
API_TOWN: Final = "Villefictive (API)"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part; `tell` shows what is new in the time line of a folder."""

    checks: Checks
    doors: Doors
    directory: Path
    key: Path
    login: Login
    health: Depositor
    services: Depositor
    town_deaths: ApiSubscriber
    tell: Callable[[str], Awaitable[None]]

    async def legacy(self, act: Callable[[LegacySubscriber], T]) -> T:
        """One session of the legacy subscriber, in a thread: paramiko blocks."""

        def session() -> T:
            with LegacySubscriber(self.login) as subscriber:
                return act(subscriber)

        return await asyncio.to_thread(session)

    def compare(self, taken: Taken, number: str, process: str, deposited: Sequence[Document]) -> None:
        """An archive must hold exactly what was deposited, byte for byte."""
        self.checks.equal(
            "the archive says which dossier it is", f"{process} {number}", f"{taken.process} {taken.number}"
        )
        expected = sorted((document.type, document.digest) for document in deposited)
        seen = sorted((code, hashlib.sha256(content).hexdigest()) for (code, _), content in taken.files.items())
        self.checks.true(
            f"its {len(expected)} documents are those deposited (SHA-256), each named once by the envelope",
            expected == seen,
            seen,
        )


def case_of(folder: dict[str, Any], external_id: str) -> str:
    """The id of a case of a folder by its external id."""
    return str(next(case["id"] for case in folder["cases"] if case["externalId"] == external_id))
