"""The verbs to be cut off at every commit point: what comes before each, the verb, and what must be left of it.

`prepare` runs on a gateway that lives. `act` is the verb; it may be cut off, or repeated, on any copy of what `prepare`
left. `check` tells what a directory must hold afterwards: all of it when the verb was answered, else all or nothing.
`settle` repeats the verb and looks at what everybody sees in the end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.evidence import Evidence
from tests.faults.sites import Players
from tests.journeys.offices import PDF, XML
from tests.journeys.rest import Json
from tests.pec.answers import answer_zip

NUMBER: Final = "A-9-1"
KEY: Final = "key-of-the-deposit"
SIGNED: Final = b"%PDF-1.4 signed" * 50
ANSWER: Final = answer_zip(NUMBER, 19, "Voici l'acte", {"acte.pdf": SIGNED})


@dataclass
class Memory:
    """What clients remember."""

    folder: Json = field(default_factory=dict)
    archive: str = ""
    content: bytes = b""


Act = Callable[[Players, Memory], Awaitable[None]]
Check = Callable[[Evidence, Memory], bool]


@dataclass(frozen=True)
class Scene:
    """One verb. `done`: whether the directory shows all of it; raises AssertionError when it shows a part."""

    name: str
    before: tuple[Scene, ...]
    act: Act
    done: Check
    settle: Act

    async def prepare(self, players: Players, memory: Memory) -> None:
        for scene in self.before:
            await scene.act(players, memory)


async def create(players: Players, memory: Memory) -> None:
    found = await players.depositor.create(NUMBER, "rennes", "brest", key=KEY)
    assert memory.folder in ({}, found), "the key was answered with another folder"
    memory.folder = found


def created(evidence: Evidence, memory: Memory) -> bool:
    (folders,) = evidence.row("SELECT count(*) FROM folders")
    assert evidence.row("SELECT count(*) FROM cases") == (2 * folders,)
    assert evidence.row("SELECT count(*) FROM attachments") == (2 * folders,)
    assert evidence.row("SELECT count(*) FROM idempotency") == (folders,)
    assert folders <= 1
    return bool(folders)


async def create_again(players: Players, memory: Memory) -> None:
    await create(players, memory)
    await nothing_is_shown(players)
    assert await players.depositor.statuses(memory.folder) == ["HUBEE_RECEIVED"] * 3
    await put(players, memory)
    await put_rest(players, memory)
    await complete_again(players, memory)


async def nothing_is_shown(players: Players) -> None:
    assert await players.brest.notifications() == []
    assert await players.rennes(lambda server: server.list()) == []


async def put(players: Players, memory: Memory) -> None:
    await players.depositor.put(memory.folder, 1)


def put_done(evidence: Evidence, memory: Memory) -> bool:
    status, key = evidence.row(
        "SELECT status, blob_key FROM attachments WHERE id = ?", memory.folder["attachments"][1]["id"]
    )
    assert (status, key is not None) in (("PENDING", False), ("RECEIVED", True))
    assert key is None or evidence.content(key) == PDF
    return key is not None


async def put_rest(players: Players, memory: Memory) -> None:
    await players.depositor.put(memory.folder, 0)


async def put_again(players: Players, memory: Memory) -> None:
    await nothing_is_shown(players)
    await put(players, memory)
    await put_rest(players, memory)
    await complete_again(players, memory)


async def complete(players: Players, memory: Memory) -> None:
    await players.depositor.complete(memory.folder)


def completed(evidence: Evidence, memory: Memory) -> bool:
    found = evidence.rows("SELECT status, publication FROM cases")
    (deliveries,) = evidence.row("SELECT count(*) FROM deliveries")
    assert (found, deliveries) in (([("HUBEE_RECEIVED", 0)] * 2, 0), ([("HUBEE_NOTIFIED", 1)] * 2, 2))
    return bool(deliveries)


async def complete_again(players: Players, memory: Memory) -> None:
    await complete(players, memory)
    assert await players.depositor.statuses(memory.folder) == ["HUBEE_NOTIFIED"] * 3
    (notification,) = await players.brest.notifications()
    case = await players.brest.case(notification["caseId"])
    downloads = [await players.brest.download(case["id"], one) for one in case["attachments"]]
    assert downloads == [XML, PDF]
    entries = await players.rennes(lambda server: server.entries(*server.list()))
    assert list(entries.values())[2:] == [XML, PDF]
    assert await players.depositor.notifications() != []


async def fetch(players: Players, memory: Memory) -> None:
    """paramiko hides a close that failed: the listing behind it tells."""

    def work(server: Any) -> tuple[str, bytes]:
        (name,) = server.list()
        content = server.read(name)
        server.list()
        return name, content

    name, content = await players.rennes(work)
    assert memory.content in (b"", content), "an archive changed"
    memory.archive, memory.content = name, content


def of_rennes(evidence: Evidence) -> tuple[str, str, bool]:
    """Delivery state, case status, and whether a whole reading is on record."""
    state, status, fetched_at = evidence.row(
        "SELECT d.state, c.status, d.fetched_at FROM deliveries d JOIN cases c ON c.id = d.case_id"
        " WHERE c.external_id LIKE '%-rennes'"
    )
    return state, status, fetched_at is not None


def fetched(evidence: Evidence, memory: Memory) -> bool:
    found = of_rennes(evidence)
    assert found in (("READY", "HUBEE_NOTIFIED", False), ("FETCHED", "SENT", True))
    return found[2]


async def fetch_again(players: Players, memory: Memory) -> None:
    await fetch(players, memory)
    await expect(players, memory, "SENT", ["SENT"])


async def expect(players: Players, memory: Memory, status: str, notices: list[str]) -> None:
    """What the depositor sees of the case of Rennes: its status, and one notice for each change."""
    assert (await players.depositor.statuses(memory.folder))[1:] == [status, "HUBEE_NOTIFIED"]
    case = await players.depositor.case(memory.folder["cases"][0]["id"])
    told = {one["eventId"] for one in await players.depositor.notifications()}
    assert [event["caseNewStatus"] for event in case["events"] if event["id"] in told] == notices


def acknowledged(evidence: Evidence, memory: Memory) -> bool:
    found = of_rennes(evidence)
    assert found in (("FETCHED", "SENT", True), ("ACCEPTED", "SI_RECEIVED", True))
    (placed,) = evidence.row("SELECT count(*) FROM sftp_places")
    assert placed == (found[0] == "ACCEPTED")
    return bool(placed)


async def rename(players: Players, memory: Memory) -> None:
    await players.rennes(lambda server: server.rename(memory.archive))


async def rename_again(players: Players, memory: Memory) -> None:
    await rename(players, memory)
    await rename(players, memory)
    assert await players.rennes(lambda server: (server.list(), server.list("in/DONE"))) == ([], [memory.archive])
    await expect(players, memory, "SI_RECEIVED", ["SENT", "SI_RECEIVED"])


async def delete(players: Players, memory: Memory) -> None:
    await players.rennes(lambda server: server.remove(memory.archive))


async def delete_again(players: Players, memory: Memory) -> None:
    await delete(players, memory)
    assert await players.rennes(lambda server: (server.list(), server.list("in/DONE"))) == ([], [])
    await expect(players, memory, "SI_RECEIVED", ["SENT", "SI_RECEIVED"])


async def upload(players: Players, memory: Memory) -> None:
    await players.rennes(lambda server: server.put("retour.zip", ANSWER))


def uploaded(evidence: Evidence, memory: Memory) -> bool:
    kept = evidence.rows("SELECT state, blob_key FROM answers")
    assert len(kept) <= 1
    assert all((state, evidence.content(key)) == ("QUEUED", ANSWER) for state, key in kept)
    return bool(kept)


async def upload_again(players: Players, memory: Memory) -> None:
    await upload(players, memory)
    assert await players.rennes(lambda server: server.read("retour.zip", "out")) == ANSWER
    await take_in_again(players, memory)


async def take_in(players: Players, memory: Memory) -> None:
    await players.carry()


def taken_in(evidence: Evidence, memory: Memory) -> bool:
    (state,) = evidence.row("SELECT state FROM answers")
    found = of_rennes(evidence)[:2]
    assert (state, *found) in (("QUEUED", "FETCHED", "SENT"), ("TAKEN", "ACCEPTED", "DONE"))
    kept = evidence.rows("SELECT a.blob_key FROM attachments a JOIN events e ON e.id = a.event_id")
    assert [evidence.content(key) for (key,) in kept] == ([SIGNED] if state == "TAKEN" else [])
    return bool(state == "TAKEN")


async def take_in_again(players: Players, memory: Memory) -> None:
    await take_in(players, memory)
    assert await players.rennes(lambda server: server.list("out")) == ["retour.zip"]
    await expect(players, memory, "DONE", ["SENT", "SI_RECEIVED", "DONE"])
    case = await players.depositor.case(memory.folder["cases"][0]["id"])
    (event,) = [one for one in case["events"] if one["attachments"]]
    assert event["message"] == "Voici l'acte"
    assert await players.depositor.download(case["id"], event["attachments"][0], event["id"]) == SIGNED


CREATE: Final = Scene("create", (), create, created, create_again)
PUT: Final = Scene("put", (CREATE,), put, put_done, put_again)
PUT_REST: Final = Scene("put the rest", (), put_rest, put_done, put_again)
COMPLETE: Final = Scene("complete", (CREATE, PUT, PUT_REST), complete, completed, complete_again)
FETCH: Final = Scene("fetch", (*COMPLETE.before, COMPLETE), fetch, fetched, fetch_again)
_FETCHED: Final = (*FETCH.before, FETCH)
RENAME: Final = Scene("rename", _FETCHED, rename, acknowledged, rename_again)
DELETE: Final = Scene("delete", _FETCHED, delete, acknowledged, delete_again)
UPLOAD: Final = Scene("upload", _FETCHED, upload, uploaded, upload_again)
TAKE_IN: Final = Scene("take in", (*_FETCHED, UPLOAD), take_in, taken_in, take_in_again)
SCENES: Final = (CREATE, PUT, COMPLETE, FETCH, RENAME, DELETE, UPLOAD, TAKE_IN)
