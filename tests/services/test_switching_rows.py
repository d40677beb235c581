"""Of the store, a switch changes only what has to change, however much lies in the inbox."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.domain.identity import Mode
from gateway.domain.referential import Subscription
from gateway.domain.switches import InFlight, Switch
from gateway.services import rehearsals, switching
from gateway.store.statement import Statement
from gateway.store.tables import metadata
from gateway.store.transaction import Transaction
from tests.services.people import DAY, OPERATOR, RENNES, VANNES
from tests.services.town import Town

_TABLES = {table.name: Statement(select(table)) for table in metadata.sorted_tables}


async def rows(town: Town) -> dict[str, Counter[tuple[str, ...]]]:
    """Everything that is kept."""
    found = {}
    for name, statement in _TABLES.items():
        kept = await town.store.read(lambda tx, statement=statement: tx.session.rows(statement))  # type: ignore[misc]  # mypy infers no default
        found[name] = Counter(tuple(map(repr, row)) for row in kept)
    return found


@pytest.mark.parametrize(
    ("wanted", "changed"),
    [
        (Switch(Mode.API), {"subscriptions": 1, "journal": 1}),
        (
            Switch(Mode.API, in_flight=InFlight.DRAIN, drain_for=DAY),
            {"subscriptions": 1, "journal": 1, "deliveries": 2},
        ),
    ],
    ids=["carry", "drain"],
)
async def test_a_switch_touches_only_rows_that_change(town: Town, wanted: Switch, changed: dict[str, int]) -> None:
    await town.deposit("A-1", (RENNES, VANNES))
    await town.deposit("A-2")
    await town.fetch("A-2-EtatCivil-1.zip")
    before = await rows(town)
    await switching.switch(town.office, OPERATOR, town.subscriptions[RENNES, "EtatCivil"].id, wanted)
    after = await rows(town)
    assert {name: (after[name] - before[name]).total() for name in after if after[name] != before[name]} == changed


async def test_what_a_change_of_mode_answers_is_what_is_kept_also_when_it_ends_a_dual_run(town: Town) -> None:
    known = town.subscriptions[RENNES, "EtatCivil"]
    await rehearsals.start(town.office, OPERATOR, known.id, Mode.API, timedelta(days=1))

    def verb(tx: Transaction) -> Subscription:
        held = tx.subscriptions.hold(known.id)
        assert held is not None
        assert held.rehearsal_id is not None
        return switching.keep(tx, OPERATOR, held, replace(held, access_mode=Mode.API), town.clock())

    answered = await town.store.write(verb)
    kept = await town.store.read(lambda tx: tx.subscriptions.get(known.id))
    assert answered == kept
    assert (answered.access_mode, answered.rehearsal_id) == (Mode.API, None)
