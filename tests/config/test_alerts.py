"""The settings of alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway import app
from gateway.config import ConfigurationError, Settings, load_settings
from gateway.config.alerts import Alerts
from gateway.domain.alerts import AlertChannel, Mailing

MAIL: dict[str, Any] = {"email": ["ops@example.org"], "smtp": {"host": "mail.example.org", "sender": "hub@example.org"}}


def test_nobody_is_told_unless_it_is_said() -> None:
    assert (Alerts().channels, Alerts().mailing) == ((), None)
    assert app.policy(Settings()).alert_channels == ()


def test_the_channels_reach_the_verbs_and_the_mail_server_the_bridge() -> None:
    found = Alerts.model_validate({"webhook": "https://ops.example.org/hook", **MAIL})
    assert app.policy(Settings(alerts=found)).alert_channels == (AlertChannel.WEBHOOK, AlertChannel.EMAIL)
    assert found.mailing == Mailing(
        "mail.example.org", 587, "starttls", "", "", "hub@example.org", ("ops@example.org",)
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"webhook": "http://ops.example.org"}, "https address"),
        ({"webhook": "https://a:b@ops.example.org"}, "https address"),
        ({"email": ["ops@example.org"]}, r"email needs smtp\.host and smtp\.sender"),
        ({**MAIL, "email": ["ops"]}, "must be an address"),
        ({**MAIL, "email": [""]}, "must be an address"),
        ({**MAIL, "email": ["ops@example.org\nBcc: x@example.org"]}, "must be an address"),
        ({"smtp": {"sender": "hub"}}, "must be an address"),
        ({"smtp": {"host": "mail.example.org", "tls": "none", "user": "hub"}}, "not sent in the clear"),
        ({"smtp": {"tls": "perhaps"}}, "starttls"),
        ({"waiting_logins": 0}, "greater than or equal to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Alerts.model_validate(wrong)


def test_this_machine_itself_may_be_told_a_password_in_the_clear() -> None:
    assert Alerts.model_validate({"smtp": {"host": "localhost", "tls": "none", "user": "hub"}}).smtp.user == "hub"


def test_secrets_come_from_the_environment_alone(tmp_path: Path) -> None:
    secret = "whsec_" + "QUJD" * 8
    environ = {"GATEWAY__ALERTS__WEBHOOK_SECRET": secret, "GATEWAY__ALERTS__SMTP__PASSWORD": "sesame"}
    found = load_settings(None, environ).alerts
    assert (found.webhook_secret.get_secret_value(), found.smtp.password.get_secret_value()) == (secret, "sesame")
    assert "sesame" not in repr(found)
    file = tmp_path / "gateway.yaml"
    file.write_text("alerts: {webhook_secret: x, smtp: {password: y}}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="GATEWAY__ALERTS__SMTP__PASSWORD"):
        load_settings(file, {})


@pytest.mark.parametrize("secret", ["whsec_short", "whsec_QUJD", "not base64", "whsec_" + "QUJD" * 30])
def test_what_is_no_secret_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="whsec_ and base64") as caught:
        load_settings(None, {"GATEWAY__ALERTS__WEBHOOK_SECRET": secret})
    assert "QUJD" not in str(caught.value)
