"""Verifying certificates and exported journals for operators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.certificates import BALANCE, HEAD, VERSION, written
from gateway.domain.errors import ForbiddenError, InvalidRequestError
from gateway.domain.journal_export import line_text, seal_text
from gateway.services import sealing
from gateway.services.certify import Balance
from gateway.services.office import Office
from gateway.services.verifying import Kind, Verdict, verify
from gateway.store.signing import Signer
from tests.services.people import OPERATOR, RENNES_API
from tests.services.town import Town

SIGNER, OTHER = Signer(bytes(32)), Signer(bytes(range(32)))


@pytest.fixture
def office(town: Town) -> Office:
    return replace(town.office, signer=SIGNER)


def certificate(balance: Balance, signer: Signer = SIGNER) -> list[str]:
    return list(written([{HEAD: {"version": VERSION}}, {BALANCE: balance.shown()}], signer.sign))


def test_a_certificate_holds_and_says_how_it_went(office: Office) -> None:
    found = verify(office, OPERATOR, certificate(Balance()))
    assert (found.kind, found.holds, found.clean, found.lines) == (Kind.CERTIFICATE, True, True, 2)
    assert found.balance == Balance().shown()
    lost = verify(office, OPERATOR, certificate(Balance(lost=["0197a1b2"])))
    assert (lost.holds, lost.clean) == (True, False)


def test_the_first_wrong_line_of_a_certificate_is_named(office: Office) -> None:
    first, last = certificate(Balance())
    assert verify(office, OPERATOR, [first, last.replace('"lost":0', '"lost":1')]) == Verdict(
        Kind.CERTIFICATE, 1, line=2, wrong="was changed, or was not signed by that key"
    )
    cut = verify(office, OPERATOR, [first])
    assert (cut.holds, cut.clean, cut.line) == (False, None, 2)
    assert verify(office, OPERATOR, []).line == 1
    assert verify(office, OPERATOR, [first.replace("certificate", "\\ud800")]).line == 1


def test_who_else_signed_is_trusted_when_that_is_asked_for(office: Office) -> None:
    text = certificate(Balance(), OTHER)
    assert not verify(office, OPERATOR, text).holds
    assert verify(office, OPERATOR, text, OTHER.public_key).holds
    with pytest.raises(InvalidRequestError, match="not a public key in PEM"):
        verify(office, OPERATOR, text, "a key")


async def test_an_exported_journal_is_told_by_its_lines(town: Town, office: Office) -> None:
    await town.deposit("A-1")
    await sealing.seal_new(office)
    text = []
    async for part in sealing.parts(office, OPERATOR):
        text += [*map(line_text, part.lines), seal_text(part.seal)]
    found = verify(office, OPERATOR, text)
    assert (found.kind, found.holds, found.seals, found.lines) == (Kind.JOURNAL, True, 1, len(text) - 1)
    assert (found.balance, found.clean) == (None, None)
    changed = verify(office, OPERATOR, [text[0].replace("folder.created", "folder.deleted"), *text[1:]])
    assert (changed.holds, changed.wrong) == (False, "was changed after it was sealed")
    assert changed.seq is not None
    broken = verify(office, OPERATOR, [*text, "{}"])
    assert (broken.line, broken.seq, broken.wrong) == (len(text) + 1, None, "is not as an exported journal has it")


def test_it_is_for_operators(office: Office) -> None:
    with pytest.raises(ForbiddenError):
        verify(office, RENNES_API, [])
