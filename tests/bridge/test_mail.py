"""Mail, against a real server."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.bridge import mail
from gateway.domain.alerts import Alert, AlertChannel, AlertKind, Mailing, payload
from tests.bridge.mailbox import PASSWORD, USER, Mailbox, mailbox

NOW = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
TO = ("ops@example.org", "night@example.org")


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Mailbox]:
    async with mailbox(tmp_path) as box:
        yield box


def alert(text: str = "bretagne: é") -> Alert:
    kind = AlertKind.MOVE_PAUSED
    return Alert("0197a1b2", kind, AlertChannel.EMAIL, payload(kind, text, NOW, {"rule": "error_rate_over"}), NOW)


def mailing(box: Mailbox, tls: str = "starttls", user: str = "", password: str = "") -> Mailing:
    return Mailing("127.0.0.1", box.port, tls, user, password, "gateway@example.org", TO)


async def test_an_alert_arrives_secured_in_both_languages_and_asks_for_no_answer(box: Mailbox) -> None:
    assert await mail.send(mailing(box), alert(), 20, box.trusted) is None
    (said,) = box.messages
    assert box.secured == [True]
    assert box.recipients == [list(TO)]
    assert " ".join(said["Subject"].split()) == "[gateway] Une migration est en pause / A move is paused: bretagne: é"
    assert (said["From"], said["Auto-Submitted"]) == ("gateway@example.org", "auto-generated")
    assert said["Message-ID"] == "<0197a1b2@example.org>"
    body = said.get_content()
    assert said.get_content_type() == "text/plain"
    assert body.index("Une migration est en pause.") < body.index("A move is paused.")
    assert body.count("bretagne: é") == 2


async def test_a_server_that_is_not_trusted_is_told_nothing(box: Mailbox) -> None:
    assert await mail.send(mailing(box), alert(), 20) == "failed: SSLCertVerificationError"
    assert box.messages == []


async def test_a_user_logs_in(tmp_path: Path) -> None:
    async with mailbox(tmp_path, login=True) as box:
        assert await mail.send(mailing(box, user=USER, password=PASSWORD), alert(), 20, box.trusted) is None
        refused = await mail.send(mailing(box, user=USER, password="wrong"), alert(), 20, box.trusted)
        assert refused == "answered 535"
        assert await mail.send(mailing(box), alert(), 20, box.trusted) == "answered 530"
    assert len(box.messages) == 1


async def test_this_machine_itself_may_do_without_tls_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with mailbox(tmp_path, tls=False) as box:
        assert await mail.send(mailing(box), alert(), 20) is None
        assert await mail.send(mailing(box, tls="none"), alert(), 20) is None
        monkeypatch.setattr(mail, "loopback", lambda _: False)
        assert await mail.send(mailing(box), alert(), 20) == "failed: the server offers no STARTTLS, or no login"
    assert box.secured == [False, False]


async def test_what_the_server_refuses_is_told_by_its_code(box: Mailbox) -> None:
    box.answers.append("452 no room")
    assert await mail.send(mailing(box), alert(), 20, box.trusted) == "answered 452"
    box.refused = {TO[0]}
    assert await mail.send(mailing(box), alert(), 20, box.trusted) is None
    assert box.recipients == [[TO[1]]]
    box.refused = set(TO)
    assert await mail.send(mailing(box), alert(), 20, box.trusted) == "refused: every recipient"


async def test_nobody_there_and_nobody_who_speaks() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        box = Mailbox(port=silent.getsockname()[1])
        assert await mail.send(mailing(box), alert(), 20) == "failed: ConnectionRefusedError"
        silent.listen()
        assert await mail.send(mailing(box), alert(), 0.05) == "timed out"


async def test_implicit_tls_is_spoken_from_the_first_byte(box: Mailbox) -> None:
    assert await mail.send(mailing(box, tls="implicit"), alert(), 20, box.trusted) == "failed: SSLError"


async def test_a_text_cannot_bring_headers(box: Mailbox) -> None:
    said = alert("x\r\nBcc: somebody@example.org")
    assert await mail.send(mailing(box), said, 20, box.trusted) is None
    assert box.messages[0]["Bcc"] is None
    assert box.recipients == [list(TO)]
