"""Uploads around the commit: no bytes without a row, and no row without its bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from gateway.domain.errors import ForbiddenError, UnavailableError
from gateway.services import returns
from tests.pec.answers import answer_zip
from tests.services.town import Town

WHOLE = answer_zip("A-1", 16)


class Failing:
    """A store that fails before (`early`) or just after the commit."""

    def __init__(self, town: Town, error: BaseException, *, early: bool) -> None:
        self.read, self.glance, self.peek = town.store.read, town.store.glance, town.store.peek
        self._town, self._error, self._early = town, error, early

    async def write(self, verb: Callable[..., Any]) -> Any:
        if not self._early:
            await self._town.store.write(verb)
        raise self._error


async def hand_in(town: Town, store: Failing) -> None:
    office = replace(town.office, store=store)
    await returns.hand_in(office, town.sftp(), "EtatCivil", "x.zip", BytesIO(WHOLE), len(WHOLE))


async def test_an_upload_that_was_refused_leaves_no_bytes(town: Town) -> None:
    with pytest.raises(ForbiddenError):
        await hand_in(town, Failing(town, ForbiddenError(), early=True))
    assert await town.keys() == set()
    assert await town.out() == []


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), UnavailableError("away", timedelta(seconds=1))], ids=["stopped", "away"]
)
async def test_an_upload_whose_commit_was_not_heard_of_keeps_its_bytes(town: Town, error: BaseException) -> None:
    with pytest.raises(type(error)):
        await hand_in(town, Failing(town, error, early=False))
    upload = await returns.find(town.office, town.sftp(), "EtatCivil", "", "x.zip")
    reader = await returns.open_upload(town.office, town.sftp(), upload)
    assert await reader.read(0, reader.size) == WHOLE
    await reader.close()


async def test_only_the_announced_bytes_of_the_spool_are_kept(town: Town) -> None:
    spool = BytesIO(WHOLE + b"left over")
    spool.seek(7)
    answer = await returns.hand_in(town.office, town.sftp(), "EtatCivil", "x.zip", spool, len(WHOLE))
    assert (answer.state, answer.blob.size) == ("QUEUED", len(WHOLE))
