"""Who sees what: the rules by which every verb looks objects up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.domain.identity import Caller, Door, Right, Role
from gateway.domain.ids import new_id
from gateway.services import access
from gateway.services.deposit import FolderView
from tests.services.people import BREST, BREST_API, DEPOSITOR, OPERATOR, OTHER_DEPOSITOR, RENNES, VANNES_API
from tests.services.town import Town

STRANGERS = [
    OTHER_DEPOSITOR,
    VANNES_API,
    replace(DEPOSITOR, process="CERTDC"),
    replace(BREST_API, process="CERTDC"),
    replace(DEPOSITOR, role=Role.SI),
    replace(BREST_API, role=Role.OSL),
    replace(BREST_API, role=Role.DATAPASS),
    Caller(RENNES, Role.SI, Door.SFTP, "rennes", account="an account"),
]


async def case(town: Town, caller: Caller, view: FolderView, *, hold: bool = False) -> str:
    found = await town.store.write(lambda tx: access.case_of(tx, caller, view.cases[0].id, hold=hold))
    return found[0].id


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize(
    "caller", [DEPOSITOR, BREST_API, OPERATOR, replace(BREST_API, process="EtatCivil")], ids=lambda one: one.actor
)
async def test_a_case_is_seen_by_its_two_sides_and_the_operator(town: Town, caller: Caller, hold: bool) -> None:
    view = await town.deposit(to=(BREST,))
    assert await case(town, caller, view, hold=hold) == view.cases[0].id


async def test_nobody_else_sees_it(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    for caller in STRANGERS:
        for hold in (False, True):
            with pytest.raises(ForbiddenError, match="Unauthorized user"):
                await case(town, caller, view, hold=hold)


async def test_before_its_publication_it_is_there_for_its_depositor_alone(town: Town) -> None:
    view = await town.hand_in(to=(BREST,))
    assert await case(town, DEPOSITOR, view) == view.cases[0].id
    with pytest.raises(NotFoundError, match="Case is not found"):
        await case(town, BREST_API, view)
    with pytest.raises(ForbiddenError):
        await case(town, VANNES_API, view)


async def test_what_does_not_exist_is_not_found(town: Town) -> None:
    for caller in (DEPOSITOR, BREST_API, OPERATOR):
        with pytest.raises(NotFoundError, match="Case is not found"):
            await town.store.read(lambda tx, caller=caller: access.case_of(tx, caller, new_id()))  # type: ignore[misc]  # mypy infers no default
        with pytest.raises(NotFoundError, match="Folder is not found"):
            await town.store.write(lambda tx, caller=caller: access.folder_of(tx, caller, new_id(), hold=True))  # type: ignore[misc]  # mypy infers no default


async def test_a_folder_is_its_depositors_and_the_operators(town: Town) -> None:
    view = await town.deposit(to=(BREST,))
    for caller in (DEPOSITOR, OPERATOR):
        found = await town.store.read(lambda tx, caller=caller: access.folder_of(tx, caller, view.folder.id))  # type: ignore[misc]  # mypy infers no default
        assert found.id == view.folder.id
    for caller in (BREST_API, *STRANGERS):
        with pytest.raises(ForbiddenError):
            await town.store.read(lambda tx, caller=caller: access.folder_of(tx, caller, view.folder.id))  # type: ignore[misc]  # mypy infers no default


def test_an_operators_credential_for_one_process_runs_nothing_else() -> None:
    narrow = replace(OPERATOR, door=Door.API, process="EtatCivil", rights=frozenset(Right))
    access.operators_alone(narrow, "EtatCivil")
    for process in (None, "CERTDC"):
        with pytest.raises(ForbiddenError):
            access.operators_alone(narrow, process)
    with pytest.raises(ForbiddenError):
        access.may(narrow, Right.PLAN)
    with pytest.raises(ForbiddenError):
        access.operators_alone(replace(BREST_API, process="EtatCivil"), "EtatCivil")


def test_steps_of_moves_are_rights_of_their_own_and_the_command_line_has_them_all() -> None:
    planner = replace(OPERATOR, door=Door.API, rights=frozenset({Right.PLAN}))
    access.may(planner, Right.PLAN)
    with pytest.raises(ForbiddenError, match="may not approve moves"):
        access.may(planner, Right.APPROVE)
    for right in Right:
        access.may(OPERATOR, right)
        with pytest.raises(ForbiddenError):
            access.may(replace(BREST_API, rights=frozenset(Right)), right)
