"""Answers that lie on subscribers' own servers: known by their bytes, handed in as uploads are, moved when settled."""

from __future__ import annotations

from collections.abc import Collection
from typing import BinaryIO, Final

from gateway.domain.answers import Answer, AnswerState
from gateway.services import returns
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.push import Server

_DIRECTORIES: Final = ("", "DONE", "FAILED")
_SETTLED: Final = (AnswerState.TAKEN, AnswerState.DUPLICATE, AnswerState.REFUSED)


async def answering(office: Office) -> list[str]:
    """The subscriptions whose server is to be looked through for answers."""
    now = office.clock()
    return await office.store.read(lambda tx: tx.pushes.answering(now))


async def standing(office: Office, server: Server, names: Collection[str]) -> list[Answer]:
    """The answers of a server whose file still has to be moved there.

    `names` are the files that stand there now. A settled answer whose file is gone needs no more: the same bytes under
    the same name would be another answer.
    """
    since = office.clock() - office.policy.retention
    account, process = server.account.id, server.process

    def look(tx: Transaction) -> list[Answer]:
        return [one for each in _DIRECTORIES for one in tx.answers.directory(account, process, each, since)]

    found = await office.store.read(look)
    gone = [one for one in found if one.state in _SETTLED and one.name not in names]

    def forget(tx: Transaction) -> None:
        for one in gone:
            tx.answers.hide(one.id)

    if gone:
        await office.store.write(forget)
    return [one for one in found if one not in gone]


async def hand_in(office: Office, server: Server, name: str, file: BinaryIO, size: int) -> Answer:
    """Keeps the bytes of a file that was fetched; when this returns they are durable. See `returns.hand_in`."""
    return await returns.hand_in(office, server.caller, server.process, name, file, size)


def place(answer: Answer) -> str | None:
    """The directory to which the file of an answer is to be moved; None while it is not settled."""
    if answer.state not in _SETTLED:
        return None
    return "FAILED" if answer.state is AnswerState.REFUSED else "DONE"


async def moved(office: Office, answer: Answer) -> None:
    """Notes that the answer's file was moved, so that it is looked for no more."""
    await office.store.write(lambda tx: tx.answers.hide(answer.id))
