"""Idempotency keys: the same request gets the same answer, another one is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.dossiers import ActionType, Applicant
from gateway.domain.errors import ConflictError, InvalidRequestError
from gateway.domain.identity import Caller, OrganizationId
from gateway.services import deposit, events
from gateway.services.deposit import FolderView, NewAttachment, NewCase, NewFolder
from gateway.services.events import NewEvent
from gateway.services.once import Once, Replay, repeated
from tests.services.people import DEPOSITOR, RENNES, both
from tests.services.town import Town

FOLDER = NewFolder(
    "EtatCivil",
    "A-1",
    Applicant("Zoé", "Noël"),
    (NewCase("A-1/1", OrganizationId.parse(RENNES)),),
    (NewAttachment("acte.pdf", "ActeEtatCivil-PDF", 4, "application/pdf", ("A-1/1",)),),
)


def rendered(view: Any) -> str:
    return json.dumps({"id": view.folder.id if isinstance(view, FolderView) else view.event.id})


def once(key: str = "key", request: bytes = b"first") -> Once:
    return Once(key, request.ljust(32, b"."), rendered)


async def create(town: Town, key: Once, caller: Caller = DEPOSITOR, folder: NewFolder = FOLDER) -> FolderView | Replay:
    return await deposit.create_folder(town.office, caller, folder, key)


async def test_the_same_request_gets_the_first_answer_and_makes_nothing(town: Town) -> None:
    first = await create(town, once())
    assert isinstance(first, FolderView)
    assert await create(town, once()) == Replay(rendered(first))
    assert len(await town.lines("folder.created")) == 1


async def test_another_request_under_the_key_is_refused(town: Town) -> None:
    await create(town, once())
    with pytest.raises(ConflictError, match="used for another request"):
        await create(town, once(request=b"second"))
    assert len(await town.lines("folder.created")) == 1


async def test_two_requests_at_the_same_time_make_one_folder(town: Town) -> None:
    answers = await both(create(town, once()), create(town, once()))
    (first,) = [one for one in answers if isinstance(one, FolderView)]
    assert [one for one in answers if one is not first] == [Replay(rendered(first))]
    assert len(await town.lines("folder.created")) == 1


async def test_a_request_that_failed_leaves_its_key_free(town: Town) -> None:
    with pytest.raises(InvalidRequestError):
        await create(town, once(), folder=replace(FOLDER, cases=()))
    assert isinstance(await create(town, once()), FolderView)


async def test_keys_are_each_clients_own(town: Town) -> None:
    await create(town, once())
    assert isinstance(await create(town, once("other key")), FolderView)
    assert isinstance(await create(town, once(), replace(DEPOSITOR, actor="another client")), FolderView)


async def test_events_keep_their_answers_too(town: Town) -> None:
    view = await town.deposit()
    new = NewEvent(ActionType.SENDING_MESSAGE, message="Bonjour")
    case = view.cases[0].id
    first = await events.post_event(town.office, DEPOSITOR, case, new, once())
    assert not isinstance(first, Replay)
    assert await events.post_event(town.office, DEPOSITOR, case, new, once()) == Replay(rendered(first))
    assert len(await town.events(view)) == 1


async def test_a_verb_that_does_much_first_can_ask_whether_it_was_done(town: Town) -> None:
    now = town.clock()
    assert await repeated(town.store, DEPOSITOR, once(), now) is None
    first = await create(town, once())
    assert await repeated(town.store, DEPOSITOR, once(), now) == Replay(rendered(first))
    with pytest.raises(ConflictError, match="another request"):
        await repeated(town.store, DEPOSITOR, once(request=b"second"), now)
    assert await repeated(town.store, DEPOSITOR, once("other"), now) is None
