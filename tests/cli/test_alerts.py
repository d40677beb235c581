"""What `gateway alerts` does, in this process."""

from __future__ import annotations

import base64
import hmac
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from gateway.cli import alerts
from gateway.cli.alerts import list_dead, replay, show_key
from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office
from gateway.config import Settings
from gateway.domain.alerts import AlertChannel, AlertKind
from gateway.domain.errors import ConflictError
from gateway.domain.identity import Caller
from gateway.domain.outgoing import OutgoingState
from gateway.services.alerts import unkept
from gateway.services.office import Office
from gateway.services.ports import Transaction


def test_it_says_that_nobody_is_told_of_anything(config: Path) -> None:
    with pytest.raises(CommandError, match="Nobody is told") as caught:
        alerts.test(config, json=False)
    assert caught.value.code is Exit.REFUSED


def test_a_channel_that_does_not_work_is_named(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text() + "alerts: {webhook: 'http://127.0.0.1:9/hook'}\n")
    with pytest.raises(CommandError, match="Not every channel works"):
        alerts.test(config, json=False)
    assert capsys.readouterr().out == "webhook: failed: ClientConnectorError\n"
    with pytest.raises(CommandError):
        alerts.test(config, json=True)
    assert json.loads(capsys.readouterr().out) == [{"channel": "webhook", "failure": "failed: ClientConnectorError"}]


def test_a_channel_that_works_is_told_signed_by_the_key_that_is_shown(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    came: list[tuple[dict[str, str], bytes]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            came.append((headers, self.rfile.read(int(headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (named by the library)
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        serving = Thread(target=server.handle_request)
        serving.start()
        config.write_text(f"{config.read_text()}alerts: {{webhook: 'http://127.0.0.1:{server.server_port}/hook'}}\n")
        alerts.test(config, json=False)
        serving.join()
    assert capsys.readouterr().out == "webhook: arrived\n"
    show_key(config)
    key = base64.b64decode(capsys.readouterr().out.strip().removeprefix("whsec_"))
    ((headers, body),) = came
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == expected
    assert json.loads(body)["type"] == "alerts.test"


def test_the_key_is_the_given_one_or_one_of_the_gateways_own(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_key(config)
    own = capsys.readouterr().out
    assert own.startswith("whsec_")
    show_key(config)
    assert capsys.readouterr().out == own
    given = "whsec_" + "QUJD" * 8
    monkeypatch.setenv("GATEWAY__ALERTS__WEBHOOK_SECRET", given)
    show_key(config)
    assert capsys.readouterr().out == f"{given}\n"


def test_what_could_not_be_told_is_shown_and_tried_again(
    settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def give_up(office: Office, _: Caller) -> str:
        alert = unkept(office, AlertKind.MOVE_PAUSED, "bretagne", AlertChannel.EMAIL)
        now = office.clock()

        def verb(tx: Transaction) -> None:
            tx.alerts.add(alert)
            tx.alerts.settle(alert, OutgoingState.DEAD, now, again_at=None, error="answered 550")

        await office.store.write(verb)
        return alert.id

    list_dead(config, 10, json=False)
    assert capsys.readouterr().out == "Every alert has arrived, or is still being sent.\n"
    identifier = at_the_office(settings, "test", give_up)
    list_dead(config, 10, json=False)
    shown = capsys.readouterr().out
    assert identifier in shown
    assert "answered 550" in shown
    list_dead(config, 10, json=True)
    assert json.loads(capsys.readouterr().out)[0]["kind"] == "move.paused"
    replay(identifier, config)
    with pytest.raises(ConflictError):
        replay(identifier, config)
