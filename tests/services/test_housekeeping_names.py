"""What housekeeping must not take away: names in listings, and places of archives that still wait."""

from __future__ import annotations

from gateway.domain.deliveries import Gesture, Place
from gateway.services import housekeeping, returns
from tests.services.people import DAY
from tests.services.town import Town


async def test_an_answer_that_its_account_removed_takes_nobodys_name_in_done(town: Town) -> None:
    await town.deposit()
    shown = await town.answer("A-1", 14)
    town.clock.pass_by(DAY)
    assert await housekeeping.settle_answers(town.office) == 1
    await town.answer("A-1", 16)
    await returns.remove(town.office, town.sftp(), "EtatCivil", "", "retour.zip")
    town.clock.pass_by(DAY)
    await housekeeping.settle_answers(town.office)
    (upload,) = await returns.listing(town.office, town.sftp(), "EtatCivil", "DONE")
    assert upload.answer.id == shown.id


async def test_the_last_of_two_answers_of_one_name_stays_in_done(town: Town) -> None:
    await town.deposit()
    await town.answer("A-1", 14)
    last = await town.answer("A-1", 16)
    town.clock.pass_by(DAY)
    assert await housekeeping.settle_answers(town.office) == 2
    (upload,) = await returns.listing(town.office, town.sftp(), "EtatCivil", "DONE")
    assert upload.answer.id == last.id


async def test_an_archive_that_was_put_away_unanswered_does_not_come_back(town: Town) -> None:
    await town.change_account("rennes", acknowledge_on=frozenset({Gesture.ANSWER}))
    await town.deposit("A-1")
    await town.deposit("A-2")
    for name in await town.listing():
        await town.move(await town.find(name))
    await town.answer("A-2", 14)
    town.clock.pass_by(town.office.policy.retention)
    assert await housekeeping.forget(town.office) == 1  # where the closed one was put
    assert await town.listing() == []
    await town.change_account("rennes", acknowledge_on=frozenset({Gesture.RENAME}))
    assert (await town.find("A-1-EtatCivil-1.zip", again=True)).moved_to is Place.DONE
