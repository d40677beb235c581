from __future__ import annotations

from dataclasses import replace

from gateway.domain.identity import Role
from gateway.services.declaration import Declaration
from gateway.services.declaration_references import References
from gateway.services.office import Office, gateway_caller
from gateway.services.onboard import onboard
from tests.services.declarations import (
    OSL,
    OTHER,
    PROCESS,
    TOWN,
    account,
    client,
    organization,
    process,
    subscription,
    whole,
)


async def faults(office: Office, declaration: Declaration) -> list[tuple[object, str, str]]:
    found = await office.store.read(lambda tx: list(References(tx, declaration, office.gateway).faults()))
    return [(fault.origin, fault.field, fault.message) for fault in found]


async def test_rows_may_refer_to_each_other(office: Office) -> None:
    assert await faults(office, whole()) == []


async def test_every_reference_that_leads_nowhere_is_told_at_its_row(office: Office) -> None:
    wanted = Declaration(
        processes=(process(),),
        subscriptions=(subscription(),),
        clients=(client(process="NOPE"),),
        accounts=(account(serves=((TOWN, PROCESS), (OTHER, PROCESS))),),
    )
    assert [(origin, field) for origin, field, _ in await faults(office, wanted)] == [
        ("process EtatCivil", "osl"),
        (f"subscription {TOWN}", "organization"),
        ("client depot", "organization"),
        ("client depot", "process"),
        ("account town", "organization"),
        ("served EtatCivil", ""),
    ]


async def test_new_rows_need_what_old_ones_have(office: Office) -> None:
    nameless = replace(process(), record=replace(process().record, name=""))
    wanted = Declaration((organization(TOWN, ""), organization(OSL)), (nameless,), accounts=(account(serves=None),))
    assert [(origin, field) for origin, field, _ in await faults(office, wanted)] == [
        (TOWN, "name"),
        ("process EtatCivil", "name"),
        ("account town", ""),
    ]
    await onboard(office, gateway_caller(office, "import"), whole(), dry_run=False)
    assert await faults(office, wanted) == []


async def test_a_process_belongs_to_a_depositor(office: Office) -> None:
    wanted = Declaration((organization(TOWN),), (process(osl=TOWN),))
    assert [field for _, field, _ in await faults(office, wanted)] == ["osl"]


async def test_nobody_takes_over_a_credential_of_another_organization(office: Office) -> None:
    await onboard(office, gateway_caller(office, "import"), whole(), dry_run=False)
    stolen = replace(account(), record=replace(account().record, organization=OTHER))
    wanted = Declaration(clients=(client(owner=TOWN, role=Role.SI),), accounts=(stolen,))
    found = await faults(office, wanted)
    assert [(origin, field) for origin, field, _ in found] == [
        ("client depot", "client_id"),
        ("account town", "username"),
    ]
    assert all(OSL not in message and TOWN not in message for _, _, message in found)


async def test_flat_and_several_processes_may_come_apart_from_each_other(office: Office) -> None:
    second = replace(subscription(), record=replace(subscription().record, process="CERTDC"))
    base = replace(whole(), processes=(process(), process("CERTDC")), subscriptions=(subscription(), second))
    both = base.accounts[0].serves
    assert both is not None
    served = account(serves=((TOWN, PROCESS), (TOWN, "CERTDC")))
    await onboard(office, gateway_caller(office, "import"), replace(base, accounts=(served,)), dry_run=False)
    flat = await faults(office, Declaration(accounts=(account(serves=None, flat=True),)))
    assert [field for _, field, _ in flat] == ["flat"]
    assert await faults(office, Declaration(accounts=(account(flat=True),))) == []


async def test_the_gateways_own_organization_is_known(office: Office) -> None:
    assert await faults(office, Declaration(clients=(client(owner=office.gateway, role=Role.ADMIN),))) == []
