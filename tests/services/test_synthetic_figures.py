"""No counter counts what becomes of made-up dossiers, and every counter counts what becomes of real ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.answers import AnswerState
from gateway.domain.dossiers import ActionType
from gateway.domain.identity import Transport
from gateway.domain.journal import Entry
from gateway.domain.moves import StopRules
from gateway.domain.pushing import PushTarget
from gateway.domain.retry import RetryPolicy
from gateway.services import cases, events, figures, outgoing, push
from gateway.services.attachments import receive_for_event
from gateway.services.deposit import NewAttachment
from gateway.services.events import NewEvent
from gateway.services.expire import expire_due
from gateway.services.ports import Transaction
from gateway.services.push_declaration import sealed, stand_in
from gateway.services.push_queue import adopt
from gateway.services.stopping import broken
from gateway.services.synthetic import send
from gateway.services.waves import drive
from tests.services.moving import running, tried
from tests.services.people import BREST, BREST_API, OPERATOR, PDF, RENNES, chunks
from tests.services.town import Town

TARGET = PushTarget("sftp.example.org", "hub", ("ssh-ed25519 AAAA",), password="sesame")
LEASE = timedelta(minutes=1)
Happens = Callable[[Town], Awaitable[None]]


def counted(town: Town, figure: str) -> int:
    return sum(count for (name, *_), count in town.meter.seen.items() if name == figure)


async def given(town: Town, organization: str, *, synthetic: bool) -> None:
    if synthetic:
        await send(town.office, OPERATOR, [town.subscriptions[organization, "EtatCivil"].id], 1)
    else:
        await town.deposit(to=(organization,))
    town.meter.seen.clear()


async def nobody_takes_it(town: Town) -> None:
    town.clock.pass_by(timedelta(days=400))
    assert await expire_due(town.office) == 1


async def it_is_answered(town: Town) -> None:
    (name,) = await town.listing()
    number = name.rpartition("-EtatCivil-")[0]
    await town.move(await town.fetch(name))
    assert (await town.answer(number, 100)).state is AnswerState.TAKEN
    assert (await town.answer(number, 100, name="again.zip")).state is AnswerState.DUPLICATE


async def its_subscriber_is_called(town: Town) -> None:
    (call,) = await outgoing.claim(town.office)
    await outgoing.settle(town.office, call, None)


async def its_subscriber_cannot_be_called(town: Town) -> None:
    (call,) = await outgoing.claim(town.office)
    await outgoing.settle(town.office, call, "refused")


async def its_subscriber_sends_a_file(town: Town) -> None:
    (told,) = await town.inbox(BREST_API)
    case = (await cases.read_case(town.office, BREST_API, told.case_id or "")).case
    file = NewAttachment("piece.pdf", "ActeEtatCivil-PDF", len(PDF), "application/pdf")
    new = NewEvent(action=ActionType.ATTACH_DEPOSIT, attachments=(file,))
    found = await events.post_event(town.office, BREST_API, case.id, new)
    assert isinstance(found, cases.EventView)
    piece = found.attachments[0].id
    await receive_for_event(town.office, BREST_API, case.id, found.event.id, piece, chunks(PDF))


async def begun(town: Town) -> tuple[push.Server, push.Push]:
    server = await push.open_server(town.office, town.subscriptions[RENNES, "EtatCivil"].id, "one", LEASE)
    assert server is not None
    one = await push.begin(town.office, server)
    assert one is not None
    return server, one


async def it_is_pushed(town: Town) -> None:
    server, one = await begun(town)
    await push.delivered(town.office, server, one, b"\1" * 32, found=False)


async def it_cannot_be_pushed(town: Town) -> None:
    _, one = await begun(town)
    await push.failed(town.office, one, "the disk is full")


def pushed(town: Town, tx: Transaction) -> None:
    known = town.subscriptions[RENNES, "EtatCivil"]
    record = sealed(town.office, known, replace(known, transport=Transport.PUSH, push=TARGET))
    tx.subscriptions.change(record, town.clock())
    stand_in(tx, record, town.clock())


@pytest.mark.parametrize("synthetic", [False, True], ids=["real", "made-up"])
@pytest.mark.parametrize(
    ("figure", "organization", "happens"),
    [
        ("expired_total", RENNES, nobody_takes_it),
        ("answers_total", RENNES, it_is_answered),
        ("outgoing_total", BREST, its_subscriber_is_called),
        ("outgoing_total", BREST, its_subscriber_cannot_be_called),
        ("attachments_total", BREST, its_subscriber_sends_a_file),
        ("pushes_total", RENNES, it_is_pushed),
        ("pushes_total", RENNES, it_cannot_be_pushed),
    ],
    ids=["expired", "answers", "called", "not-called", "attachments", "pushed", "not-pushed"],
)
async def test_only_what_becomes_of_real_ones_is_counted(
    town: Town, figure: str, organization: str, happens: Happens, *, synthetic: bool
) -> None:
    await town.change_subscription(BREST, webhook="http://127.0.0.1:9/hook")
    if figure == "pushes_total":
        await town.store.write(lambda tx: pushed(town, tx))
    await given(town, organization, synthetic=synthetic)
    await happens(town)
    assert (counted(town, figure) > 0) is not synthetic


async def test_what_is_to_be_called_and_pushed_is_counted_of_real_ones_alone(town: Town) -> None:
    await town.change_subscription(BREST, webhook="http://127.0.0.1:9/hook")
    await given(town, BREST, synthetic=True)
    assert (await figures.snapshot(town.office)).outgoing == {}
    await given(town, BREST, synthetic=False)
    assert (await figures.snapshot(town.office)).outgoing == {"PENDING": 1}


@pytest.mark.parametrize("synthetic", [False, True], ids=["real", "made-up"])
async def test_a_move_is_not_stopped_by_calls_about_made_up_ones(town: Town, *, synthetic: bool) -> None:
    """A dead call is an error; nothing came to an end but it."""
    once = replace(town.office, policy=replace(town.office.policy, retry=RetryPolicy(attempts=1)))
    await town.change_subscription(RENNES, webhook="http://127.0.0.1:9/hook")
    await tried(town, RENNES)
    move = await running(town, [(RENNES, "EtatCivil")], stop_when=StopRules(error_rate_over=0.01))
    await drive(town.office)
    town.clock.pass_by(timedelta(minutes=1))
    await given(town, RENNES, synthetic=synthetic)
    (call,) = await outgoing.claim(once)
    await outgoing.settle(once, call, "refused")
    (line,) = await town.lines(Entry.OUTGOING_DEAD)
    assert line.case_id is not None
    found = await town.store.read(lambda tx: broken(tx, move, town.clock()))
    assert (found is not None) is not synthetic


async def test_what_is_queued_for_a_server_after_a_switch_is_known_for_made_up(town: Town) -> None:
    await given(town, RENNES, synthetic=True)
    await town.store.write(lambda tx: pushed(town, tx))
    assert await adopt(town.office) == 1
    assert (await figures.snapshot(town.office)).outgoing == {}
    await it_is_pushed(town)
    assert counted(town, "pushes_total") == 0
