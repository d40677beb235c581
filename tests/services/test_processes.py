"""Processes: declared and changed by operators, read by whom they concern."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Door, Role
from gateway.domain.journal import Entry
from gateway.domain.lists import Page, ProcessFilter
from gateway.domain.referential import Process
from gateway.services import processes
from gateway.services.once import Once, Replay
from tests.services.people import (
    BREST_API,
    DEPOSITOR,
    GATEWAY,
    OPERATOR,
    OSL,
    OTHER_DEPOSITOR,
    OTHER_OSL,
    RENNES,
    START,
)
from tests.services.town import Town

DATAPASS = Caller(GATEWAY, Role.DATAPASS, Door.API, "datapass")
NEW = Process("PACS", "Pacte", osl=OTHER_OSL)


async def test_a_new_one_is_kept_and_told(town: Town) -> None:
    made = await processes.create_process(town.office, OPERATOR, NEW)
    assert isinstance(made, Process)
    assert (made, made.created_at, made.updated_at) == (NEW, START, None)
    assert await processes.read_process(town.office, OTHER_DEPOSITOR, "PACS") == NEW
    (line,) = await town.lines()
    assert (line.entry, line.detail) == (Entry.PROCESS_CREATED, {"process": "PACS"})


async def test_a_repeated_request_gets_its_first_answer(town: Town) -> None:
    once = Once("key", b"same", lambda made: made.name)
    await processes.create_process(town.office, OPERATOR, NEW, once)
    assert await processes.create_process(town.office, OPERATOR, NEW, once) == Replay("Pacte")


async def test_every_fault_is_listed(town: Town) -> None:
    wrong = replace(NEW, code="EtatCivil", osl="OSL-00000000000000-0", status_before_file_deletion="ENDED")
    with pytest.raises(InvalidRequestError) as refused:
        await processes.create_process(town.office, OPERATOR, wrong)
    assert refused.value.faults == (
        "Process EtatCivil already exists",
        "osl: organization OSL-00000000000000-0 does not exist",
        "statusBeforeFileDeletion: ENDED is not a status",
    )
    with pytest.raises(InvalidRequestError) as refused:
        await processes.change_process(town.office, OPERATOR, "EtatCivil", lambda known: replace(NEW, osl=RENNES))
    assert refused.value.faults == (
        "code: is PACS, and the code of EtatCivil stays as it is",
        "osl: must be an organization of type OSL",
    )
    assert await town.lines() == []


async def test_a_change_tells_which_fields(town: Town) -> None:
    await town.change_process("EtatCivil", expire_after=timedelta(days=3))
    found = await processes.change_process(
        town.office, OPERATOR, "EtatCivil", lambda known: replace(known, name="État civil", is_activated=False)
    )
    assert (found.name, found.expire_after, found.updated_at) == ("État civil", timedelta(days=3), START)
    (line,) = await town.lines()
    assert line.detail == {"process": "EtatCivil", "fields": ["name", "is_activated"]}
    await processes.change_process(town.office, OPERATOR, "EtatCivil", lambda known: known)
    assert len(await town.lines()) == 1
    with pytest.raises(NotFoundError, match="Process"):
        await processes.change_process(town.office, OPERATOR, "none", lambda known: known)


async def test_only_operators_write(town: Town) -> None:
    for caller in (DEPOSITOR, BREST_API, DATAPASS):
        with pytest.raises(ForbiddenError):
            await processes.create_process(town.office, caller, NEW)
        with pytest.raises(ForbiddenError):
            await processes.change_process(town.office, caller, "EtatCivil", lambda known: replace(known, name="x"))


async def test_everybody_sees_what_concerns_it(town: Town) -> None:
    async def codes(caller: Caller, osl: str | None = None) -> list[str]:
        found = await processes.find_processes(town.office, caller, ProcessFilter(osl=osl), Page())
        for one in found.items:
            assert await processes.read_process(town.office, caller, one.code) == one
        for hidden in {"EtatCivil", "CERTDC", "PACS", "none"} - {one.code for one in found.items}:
            if osl is None:
                with pytest.raises(NotFoundError, match="Process"):
                    await processes.read_process(town.office, caller, hidden)
        return sorted(one.code for one in found.items)

    await processes.create_process(town.office, OPERATOR, NEW)
    assert await codes(OPERATOR) == await codes(DATAPASS) == ["CERTDC", "EtatCivil", "PACS"]
    assert await codes(OPERATOR, osl=OSL) == ["EtatCivil"]
    assert await codes(DEPOSITOR) == await codes(BREST_API) == ["CERTDC", "EtatCivil"]
    assert await codes(OTHER_DEPOSITOR) == ["CERTDC", "PACS"]
    assert await codes(OTHER_DEPOSITOR, osl=OSL) == []
    assert await codes(replace(BREST_API, process="CERTDC")) == ["CERTDC"]
