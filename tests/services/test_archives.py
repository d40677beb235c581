"""The SFTP inbox: what is listed, what can be opened, and what the bytes are."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest

from gateway.domain.deliveries import Place
from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Mode
from gateway.domain.referential import SubscriptionStatus
from gateway.services import archives
from tests.services.people import BREST, DAY, DEPOSITOR, PDF, RENNES, VANNES, XML
from tests.services.town import Town

FIRST = "A-1-EtatCivil-1.zip"


async def test_archives_are_listed_oldest_first_with_their_exact_size(town: Town) -> None:
    await town.deposit("B-1")
    town.clock.pass_by(timedelta(milliseconds=1))
    await town.deposit("A-1")
    listed = await archives.inbox(town.office, town.sftp(), "EtatCivil")
    assert [one.name for one in listed] == ["B-1-EtatCivil-1.zip", FIRST]
    opened = await town.find(FIRST)
    data = await town.bytes_of(opened)
    assert len(data) == listed[1].size == opened.size
    assert listed[1].published_at == opened.published_at == town.clock()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert [one.rpartition("-EtatCivil-")[2] for one in archive.namelist()] == [
            "message.xml",
            "ent-1.xml",
            "doc-ActeEtatCivil-XML-1-1.xml",
            "doc-ActeEtatCivil-PDF-1-1.pdf",
        ]
        assert archive.read("A-1-EtatCivil-doc-ActeEtatCivil-XML-1-1.xml") == XML
        assert archive.read("A-1-EtatCivil-doc-ActeEtatCivil-PDF-1-1.pdf") == PDF


async def test_an_account_sees_its_subscriptions_and_a_process_only_its_own_archives(town: Town) -> None:
    await town.deposit("A-1", to=(RENNES, VANNES, BREST))
    await town.deposit("A-2", process="CERTDC")
    assert await town.listing("rennes") == await town.listing("rennes-2") == [FIRST]
    assert await town.listing("vannes") == ["A-1-EtatCivil-2.zip"]
    assert await town.listing("shared") == [FIRST, "A-1-EtatCivil-2.zip"]
    assert await town.listing("shared", "CERTDC") == ["A-2-CERTDC-1.zip"]
    assert await town.listing("shared", "Nothing") == []


async def test_names_never_collide_whatever_the_depositors_reuse(town: Town) -> None:
    for number in ("A-1", "A-1", "a-1", "A/1"):
        await town.deposit(number, to=(RENNES, VANNES))
    names = await town.listing("shared")
    assert len({name.casefold() for name in names}) == len(names) == 8


@pytest.mark.parametrize("username", ["vannes", "rennes"])
async def test_another_subscribers_archive_is_not_there(town: Town, username: str) -> None:
    to = RENNES if username == "vannes" else BREST
    await town.deposit(to=(to,))
    with pytest.raises(NotFoundError, match="File is not found"):
        await town.find(FIRST, username)


async def test_what_was_never_there_is_not_found(town: Town) -> None:
    await town.deposit()
    for process, place, name in [
        ("EtatCivil", None, "A-9-EtatCivil-1.zip"),
        ("CERTDC", None, FIRST),
        ("EtatCivil", Place.DONE, FIRST),
        ("EtatCivil", Place.FAILED, FIRST),
    ]:
        with pytest.raises(NotFoundError, match="File is not found"):
            await archives.find(town.office, town.sftp(), process, place, name)


async def test_a_suspended_subscription_shows_nothing_and_an_ended_one_what_lies_there(town: Town) -> None:
    await town.deposit()
    await town.change_subscription(RENNES, status=SubscriptionStatus.INACTIVE)
    assert await town.listing() == [FIRST]
    await town.find(FIRST)
    await town.change_subscription(RENNES, status=SubscriptionStatus.SUSPENDED)
    assert await town.listing() == []
    with pytest.raises(NotFoundError):
        await town.find(FIRST)


async def test_an_archive_that_was_moved_is_found_in_its_place(town: Town) -> None:
    await town.deposit()
    await town.move(await town.fetch(FIRST), Place.DONE, name="done.zip")
    assert await town.listing() == []
    assert await town.placed(Place.DONE) == ["done.zip"]
    assert await town.placed(Place.FAILED) == []
    opened = await archives.find(town.office, town.sftp(), "EtatCivil", Place.DONE, "done.zip")
    assert (opened.name, opened.place, opened.moved_to) == ("done.zip", Place.DONE, Place.DONE)
    assert zipfile.ZipFile(io.BytesIO(await town.bytes_of(opened))).testzip() is None
    with pytest.raises(NotFoundError):
        await town.find(FIRST)
    assert (await town.find(FIRST, again=True)).moved_to is Place.DONE


async def test_places_are_each_accounts_own(town: Town) -> None:
    await town.deposit()
    await town.move(await town.fetch(FIRST))
    assert await town.placed(Place.DONE, "rennes-2") == []
    assert await town.listing("rennes-2") == []  # accepted: nobody has to fetch it any more
    assert (await town.find(FIRST, "rennes-2")).moved_to is None


async def test_a_closed_archive_stays_addressable_for_the_retention(town: Town) -> None:
    await town.deposit()
    await town.move(await town.fetch(FIRST))
    town.clock.pass_by(town.office.policy.retention - DAY)
    await town.find(FIRST, again=True)
    assert await town.placed(Place.DONE) == [FIRST]
    town.clock.pass_by(DAY)
    assert await town.placed(Place.DONE) == []
    for place in (None, Place.DONE):
        with pytest.raises(NotFoundError):
            await archives.find(town.office, town.sftp(), "EtatCivil", place, FIRST, again=True)


async def test_a_withdrawn_archive_is_gone(town: Town) -> None:
    view = await town.deposit()
    await town.say(DEPOSITOR, view, new_status="IN_PROGRESS")
    await town.say(DEPOSITOR, view, new_status="HUBEE_NOTIFIED")
    assert await town.listing() == ["A-1-EtatCivil-2.zip"]
    with pytest.raises(NotFoundError):
        await town.find(FIRST)


async def test_the_inbox_follows_the_owner_of_the_subscription(town: Town) -> None:
    await town.deposit("A-1")
    await town.deposit("A-2")
    seen = await town.find("A-2-EtatCivil-1.zip")
    await town.close(seen, (0, 1))
    await town.switch(RENNES, Mode.API)
    assert await town.listing() == []
    with pytest.raises(NotFoundError):
        await town.find(FIRST)
    opened = await town.find("A-2-EtatCivil-1.zip")  # opened through this door while it owned it
    assert not opened.owned
    assert opened.epoch == 2
    await town.switch(RENNES, Mode.SFTP)
    assert await town.listing() == [FIRST, "A-2-EtatCivil-1.zip"]
    assert (await town.find(FIRST)).owned


async def test_a_pin_keeps_an_archive_here_until_its_deadline(town: Town) -> None:
    view = await town.deposit()
    (delivery,) = await town.deliveries(view)
    await town.switch(RENNES, Mode.API)
    await town.pin(delivery, Mode.SFTP, town.clock() + DAY)
    assert await town.listing() == [FIRST]
    assert (await town.find(FIRST)).owned
    town.clock.pass_by(DAY)
    assert await town.listing() == []
    with pytest.raises(NotFoundError):
        await town.find(FIRST)


async def test_names_templates_and_organizations_that_change_later_do_not_change_an_archive(town: Town) -> None:
    await town.deposit()
    before = await town.bytes_of(await town.find(FIRST))
    await town.change_subscription(RENNES, template="{process}_{number}_{sequence}.zip")
    await town.change_process("EtatCivil", supporting_types=("ActeEtatCivil-PDF",))
    assert await town.bytes_of(await town.find(FIRST)) == before
    await town.deposit("A-2")
    assert await town.listing() == [FIRST, "EtatCivil_A-2_1.zip"]


async def test_an_archive_is_found_and_read_in_one_look(town: Town) -> None:
    await town.deposit("A-1")
    opened, frozen = await archives.open_archive(town.office, town.sftp(), "EtatCivil", None, FIRST)
    assert opened == await town.find(FIRST)
    assert frozen == await archives.content(town.office, opened)
    with pytest.raises(NotFoundError):
        await archives.open_archive(town.office, town.sftp(), "EtatCivil", None, "A-2-EtatCivil-1.zip")


async def test_a_short_inbox_is_the_same_inbox(town: Town) -> None:
    await town.deposit("A-1")
    await town.deposit("A-2")
    listed = await archives.inbox(town.office, town.sftp(), "EtatCivil")
    assert len(listed) == 2
    assert await archives.inbox(town.office, town.sftp(), "EtatCivil", short=True) == listed
