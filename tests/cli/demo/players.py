"""A stage without a gateway: people who answer what a test tells them to."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from gateway.cli.demo.cast import Cast
from gateway.cli.demo.checks import Checks
from gateway.cli.demo.legacy import Login
from gateway.cli.demo.people import ApiSubscriber, Depositor
from gateway.cli.demo.process import Doors
from gateway.cli.printing import console


class Answers:
    """Stands for `Rest`: each request gets the answer prepared for its method and the start of its path."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {tuple(key.split("_", 1)): answer for key, answer in answers.items()}
        self.asked: list[tuple[str, str, Any]] = []
        self.token = "token"

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        self.asked.append((method, path, body))
        return self._answer(method, path)

    async def put(self, path: str, content: bytes, headers: Any) -> None:
        self.asked.append(("PUT", path, (content, headers)))

    async def download(self, path: str) -> Any:
        self.asked.append(("GET", path, None))
        return self._answer("BYTES", path)

    def _answer(self, method: str, path: str) -> Any:
        noun = path.lstrip("/").split("?")[0].split("/")
        name = noun[2] if len(noun) > 2 else noun[0]
        return self.answers.get((method, name))


async def _tell(_: str) -> None:
    """No time line."""


def cast_of(directory: Path, rest: Any) -> tuple[Cast, io.StringIO]:
    """Everybody uses the same prepared answers; the text is what was printed."""
    out = io.StringIO()
    key = directory / "key"
    login = Login("127.0.0.1", 9, "town", "word", directory / "known_hosts")
    doors = Doors("127.0.0.1", 8, 9)
    people = (Depositor(rest), Depositor(rest), ApiSubscriber(rest))
    return Cast(Checks(console(out)), doors, directory, key, login, *people, _tell), out


def folder(number: str, status: str, *cases: str, attachments: int = 2) -> dict[str, Any]:
    """A folder as the interface shows it."""
    return {
        "id": "folder",
        "globalStatus": status,
        "cases": [{"id": case, "externalId": case} for case in cases],
        "attachments": [{"id": f"{number}-{n}", "status": "RECEIVED"} for n in range(attachments)],
    }
