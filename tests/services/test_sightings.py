"""Sightings are written seldom, and hinder nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.errors import UnavailableError
from gateway.domain.identity import Door
from gateway.domain.sightings import EVERY, Sighting
from gateway.services import sightings
from tests.services.people import START
from tests.services.town import Town

SEEN = Sighting(Door.SFTP, "rennes", START, "OpenSSH_9.2", "curve25519-sha256")


async def test_a_credential_costs_one_write_an_hour_while_nothing_changes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = 0
    real = town.store.write

    async def counted(verb):  # type: ignore[no-untyped-def]  # the store's own signature
        nonlocal writes
        writes += 1
        return await real(verb)

    monkeypatch.setattr(town.store, "write", counted)
    for _ in range(3):
        await sightings.note(town.office, SEEN)
    assert writes == 1
    await sightings.note(town.office, replace(SEEN, software="lftp"))
    assert writes == 2
    await sightings.note(town.office, replace(SEEN, software="lftp", seen_at=START + EVERY))
    assert writes == 3
    found = await town.store.read(lambda tx: tx.sightings.get(Door.SFTP, "rennes"))
    assert found == replace(SEEN, software="lftp", seen_at=START + EVERY)


async def test_a_store_that_is_away_hinders_no_login(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: object) -> None:
        raise UnavailableError("away", timedelta(1))

    monkeypatch.setattr(town.store, "glance", away)
    await sightings.note(town.office, SEEN)
