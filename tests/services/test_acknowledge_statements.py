"""How many statements a gesture may cost: on PostgreSQL each is a round trip, everywhere a part of the wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.domain.deliveries import Gesture
from gateway.store.session import Session
from gateway.store.statement import Statement
from tests.services.town import Town

FIRST = "A-1-EtatCivil-1.zip"


class Counted:
    """The statements that were run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run: list[str] = []
        real = Session._cursor

        def counting(session: Session, statement: Statement, values: dict[str, Any]) -> Any:
            self.run.append(statement.on(session.dialect)[0])
            return real(session, statement, values)

        monkeypatch.setattr(Session, "_cursor", counting)

    @contextmanager
    def at_most(self, number: int) -> Iterator[None]:
        """Nothing done meanwhile runs more statements, and none reads twice."""
        self.run.clear()
        yield
        assert 0 < len(self.run) <= number, self.run
        read = [text for text in self.run if text.startswith("SELECT")]
        assert len(set(read)) == len(read)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


async def test_finding_an_archive_is_one_look(town: Town, counted: Counted) -> None:
    await town.deposit()
    with counted.at_most(1):
        await town.find(FIRST)


async def test_reading_costs_few_statements(town: Town, counted: Counted) -> None:
    await town.deposit()
    opened = await town.find(FIRST)
    with counted.at_most(3):
        await town.close(opened, (0, opened.size - 1))
    with counted.at_most(13):
        await town.close(opened, (0, opened.size))
    with counted.at_most(3):
        await town.close(opened, (0, opened.size))


async def test_renaming_costs_few_statements(town: Town, counted: Counted) -> None:
    await town.deposit()
    opened = await town.fetch(FIRST)
    with counted.at_most(13):
        await town.move(opened)


async def test_a_reading_that_acknowledges_costs_few_statements(town: Town, counted: Counted) -> None:
    await town.change_account("rennes", acknowledge_on=frozenset({Gesture.READ}))
    await town.deposit()
    opened = await town.find(FIRST)
    with counted.at_most(13):
        await town.close(opened, (0, opened.size))
