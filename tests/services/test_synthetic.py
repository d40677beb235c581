"""Made-up dossiers: sent like any other, outside figures, and cleaned up after."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.answers import AnswerState
from gateway.domain.deliveries import Place
from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.figures import Snapshot
from gateway.domain.identity import Mode
from gateway.domain.journal import Entry
from gateway.domain.moves import StopRules
from gateway.domain.referential import SubscriptionStatus
from gateway.domain.statuses import Status
from gateway.domain.switches import Switch
from gateway.pec.archive import Layout
from gateway.services import archives, cases, figures
from gateway.services.certify import Asked, Balance, certificate
from gateway.services.readiness import readiness
from gateway.services.stopping import broken
from gateway.services.switching import switch
from gateway.services.synthetic import MOST, Sent, clean, send
from gateway.services.waves import drive
from gateway.store.signing import Signer
from tests.services.moving import running, tried
from tests.services.people import BREST, BREST_API, DAY, DEPOSITOR, GATEWAY, OPERATOR, RENNES, RENNES_API, VANNES
from tests.services.town import Town


async def sent(town: Town, organization: str = RENNES, count: int = 1, process: str = "EtatCivil") -> list[Sent]:
    return await send(town.office, OPERATOR, [town.subscriptions[organization, process].id], count)


async def cleaned(town: Town, organization: str = RENNES) -> int:
    return await clean(town.office, OPERATOR, [town.subscriptions[organization, "EtatCivil"].id])


async def test_a_legacy_server_gets_them_and_answers_as_usual(town: Town) -> None:
    (one,) = await sent(town)
    (name,) = await town.listing()
    assert one.external_id.startswith("TEST-")
    assert one.external_id in name
    opened = await town.fetch(name)
    whole = await town.bytes_of(opened)
    assert f"{one.external_id}-1.xml".encode() in whole
    assert f"{one.external_id}-2.pdf".encode() in whole
    await town.move(opened)
    assert await town.placed(Place.DONE) == [name]
    assert (await town.answer(one.external_id, 100)).state is AnswerState.TAKEN
    folder = await town.store.read(lambda tx: tx.folders.get(one.folder_id))
    assert folder is not None
    assert (folder.status, folder.depositor, folder.synthetic) == (Status.DONE, GATEWAY, True)
    assert await town.inbox(DEPOSITOR) == []


async def test_a_client_of_the_api_gets_them_as_usual(town: Town) -> None:
    (one,) = await sent(town, BREST)
    (told,) = await town.inbox(BREST_API)
    view = await cases.read_case(town.office, BREST_API, told.case_id or "")
    assert view.folder.external_id == one.external_id
    assert view.folder.applicant is not None
    assert (view.folder.applicant.last_name, len(view.attachments)) == ("TEST", 2)
    for attachment in view.attachments:
        assert await town.download(BREST_API, view.case.id, attachment.id)
    await town.dismissed(BREST_API)
    (delivery,) = await town.store.read(lambda tx: tx.deliveries.of_case(view.case.id))
    assert delivery.state == "ACCEPTED"


async def test_figures_do_not_know_of_them(town: Town) -> None:
    await sent(town, count=3)
    assert town.meter.seen == {}
    assert await figures.snapshot(town.office) == Snapshot()
    await town.deposit("A-1")
    found = await figures.snapshot(town.office)
    assert found.deliveries == {("READY", "SFTP"): 1}
    for name in await town.listing():
        await town.move(await town.fetch(name))
    assert town.meter.seen["acknowledgements_total", "SFTP", "rename"] == 1
    identifier = town.subscriptions[RENNES, "EtatCivil"].id
    found_ready = await readiness(town.office, OPERATOR, identifier, Mode.API)
    assert next(one for one in found_ready.points if one.name == "unanswered").reason.startswith("1 cases")


async def test_many_subscriptions_get_as_many_each(town: Town) -> None:
    ids = [town.subscriptions[one, "EtatCivil"].id for one in (RENNES, VANNES, RENNES)]
    found = await send(town.office, OPERATOR, ids, 2)
    assert [one.subscription_id for one in found] == [ids[0], ids[0], ids[1], ids[1]]
    assert len({one.external_id for one in found}) == 4
    assert len(await town.listing("shared")) == 4
    await sent(town, process="CERTDC")
    assert len(await town.listing(process="CERTDC")) == 1


async def test_what_cannot_be_sent_is_said_before_anything_is(town: Town) -> None:
    await town.change_subscription(VANNES, status=SubscriptionStatus.SUSPENDED)
    ids = [town.subscriptions[one, "EtatCivil"].id for one in (RENNES, VANNES)]
    with pytest.raises(InvalidRequestError, match=f"{VANNES} takes no dossiers of EtatCivil now: it is Suspendu"):
        await send(town.office, OPERATOR, ids, 1)
    await town.change_process("EtatCivil", attachment_formats=("image/vnd.dwg",))
    with pytest.raises(InvalidRequestError, match="no file can be made up for EtatCivil"):
        await sent(town)
    for count in (0, MOST + 1):
        with pytest.raises(InvalidRequestError, match="count: must be between 1 and 100"):
            await sent(town, count=count)
    for verb in (send(town.office, OPERATOR, [GATEWAY], 1), clean(town.office, OPERATOR, [GATEWAY])):
        with pytest.raises(NotFoundError):
            await verb
    for verb in (send(town.office, RENNES_API, ids, 1), clean(town.office, RENNES_API, ids)):
        with pytest.raises(ForbiddenError):
            await verb
    assert await town.listing() == []


async def test_cleaning_takes_back_what_was_not_acknowledged_and_keeps_what_happened(town: Town) -> None:
    await sent(town, count=3)
    real = await town.deposit("A-1")
    names = [name for name in await town.listing() if "TEST" in name]
    accepted = await town.fetch(names[0])
    await town.move(accepted)
    fetched = await town.fetch(names[1])
    assert (await cleaned(town), await cleaned(town)) == (3, 0)
    assert [name for name in await town.listing() if "TEST" in name] == []
    assert len(await town.listing()) == 1
    assert len(await town.lines(Entry.DELIVERY_WITHDRAWN)) == 2
    assert len(await town.lines(Entry.FOLDER_DELETED)) == 3
    assert await town.states(real) == ["READY"]
    assert Layout(await archives.content(town.office, await town.find((await town.listing())[0]))).size > 0
    (kept,) = await town.store.read(lambda tx: tx.deliveries.of_case(fetched.delivery.case_id))
    assert kept.state == "WITHDRAWN"
    found = await town.store.read(lambda tx: tx.cases.get(kept.case_id))
    assert found is not None
    assert (found[0].status, found[1].status, found[1].applicant) == (Status.CLOSED, Status.CLOSED, None)
    assert await town.store.read(lambda tx: tx.archives.content(kept.id)) is None


async def test_cleaning_loses_nothing_that_a_certificate_counts(town: Town) -> None:
    office = replace(town.office, signer=Signer(bytes(32)))
    identifier = town.subscriptions[RENNES, "EtatCivil"].id
    await sent(town, count=2)
    await switch(office, OPERATOR, identifier, Switch(Mode.API))
    await cleaned(town)
    balance = Balance()
    assert [line async for line in certificate(office, OPERATOR, [Asked(identifier)], {}, balance)]
    assert (balance.clean, balance.deliveries, balance.states) == (True, 2, {"WITHDRAWN": 2})


async def test_stop_rules_of_moves_do_not_look_at_them(town: Town) -> None:
    await tried(town)
    rules = StopRules(failed_deliveries_over=0.0, undelivered_age_over=timedelta(hours=1), error_rate_over=0.0)
    move = await running(town, ((RENNES, "EtatCivil"),), stop_when=rules)
    assert await drive(town.office) == 1
    town.clock.pass_by(DAY)
    await sent(town, count=2)
    town.clock.pass_by(DAY)
    (told, *_) = await town.inbox(RENNES_API)
    await cases.set_status(town.office, RENNES_API, told.case_id or "", "SI_INTG_ERROR")
    assert await town.store.read(lambda tx: broken(tx, move, town.clock())) is None
    await town.deposit("A-1")
    town.clock.pass_by(DAY)
    assert "a delivery has waited" in str(await town.store.read(lambda tx: broken(tx, move, town.clock())))
