"""Answers on subscribers' own servers, as rows know them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.bridge.answers import carry_answers
from gateway.domain.answers import AnswerState
from gateway.domain.identity import Door
from gateway.domain.pushing import PushTarget
from gateway.services import push, push_answers
from gateway.services.office import Office
from gateway.services.push import Server
from tests.bridge.pushed import push_to
from tests.journeys.world import RECIPIENTS, declare, subscription_id
from tests.pec.answers import retour_xml

TARGET = PushTarget("sftp.example.org", "hub", ("ssh-ed25519 AAAA",), answers="out")
SID = subscription_id(RECIPIENTS["rennes"])


@pytest.fixture(autouse=True)
async def declared(office: Office) -> None:
    await office.store.write(declare)


async def opened(office: Office) -> Server:
    await push_to(office, "rennes", TARGET)
    server = await push.open_server(office, SID, "one", timedelta(minutes=1))
    assert server is not None
    return server


async def test_servers_with_a_directory_of_answers_are_looked_at(office: Office) -> None:
    await push_to(office, "rennes", replace(TARGET, answers=None))
    assert await push_answers.answering(office) == []
    await push_to(office, "rennes", TARGET)
    assert await push_answers.answering(office) == [SID]


async def test_an_answer_stands_until_its_file_was_moved(office: Office) -> None:
    server = await opened(office)
    content = retour_xml("B-1", 19)
    answer = await push_answers.hand_in(office, server, "retour.xml", io.BytesIO(content), len(content))
    assert server.caller.door is Door.PUSH
    assert push_answers.place(answer) is None
    assert await push_answers.standing(office, server, set()) == [answer]
    await carry_answers(office)
    (settled,) = await push_answers.standing(office, server, {"retour.xml"})
    assert (settled.state, push_answers.place(settled)) == (AnswerState.REFUSED, "FAILED")
    await push_answers.moved(office, settled)
    assert await push_answers.standing(office, server, {"retour.xml"}) == []


async def test_a_settled_answer_whose_file_is_gone_is_looked_for_no_more(office: Office) -> None:
    server = await opened(office)
    content = retour_xml("B-1", 19)
    await push_answers.hand_in(office, server, "retour.xml", io.BytesIO(content), len(content))
    await carry_answers(office)
    assert await push_answers.standing(office, server, {"other.xml"}) == []
    assert await push_answers.standing(office, server, {"retour.xml"}) == []
