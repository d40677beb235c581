"""Whom the gateway tells of trouble, how, and what it takes for trouble."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from gateway.config.section import SECRET_ONLY, Count, Section
from gateway.config.units import Duration, Size
from gateway.domain.alerts import AlertChannel, Mailing, loopback
from gateway.services.webhook_keys import usable_address

_ADDRESS: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,253}\Z", re.ASCII)
_KEY_BYTES: Final = range(24, 65)


def _url(url: str) -> str:
    if url and not usable_address(url):
        raise ValueError("must be empty or an https address without credentials; http to this machine alone")
    return url


def _email(address: str) -> str:
    if address and not _ADDRESS.match(address):
        raise ValueError("must be an address such as ops@example.org")
    return address


def _some_email(address: str) -> str:
    if not address:
        raise ValueError("must be an address such as ops@example.org")
    return _email(address)


def _secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text:
        return secret
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in _KEY_BYTES:
        raise ValueError("must be whsec_ and base64 of 24 to 64 bytes, as Standard Webhooks has it")
    return secret


class Smtp(Section):
    """The server that takes the mail of alerts."""

    host: str = Field(default="", description="the mail server; empty: no mail")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=587, description="its TCP port")
    tls: Literal["starttls", "implicit", "none"] = Field(
        default="starttls", description="starttls: required, but for this machine itself; implicit: from the start"
    )
    user: str = Field(default="", description="who logs in; empty: nobody")
    password: SecretStr = Field(
        default=SecretStr(""), description="the password of that user", json_schema_extra=SECRET_ONLY
    )
    sender: Annotated[str, AfterValidator(_email)] = Field(default="", description="the address that mail comes from")

    @model_validator(mode="after")
    def _safe(self) -> Smtp:
        if self.user and self.tls == "none" and not loopback(self.host):
            raise ValueError("user needs tls: a password is not sent in the clear")
        return self


class Alerts(Section):
    """Trouble is told at once, signed over a webhook and in plain text by mail, until it has arrived."""

    webhook: Annotated[str, AfterValidator(_url)] = Field(
        default="", description="https address that alerts are posted to; empty: none"
    )
    webhook_secret: Annotated[SecretStr, AfterValidator(_secret)] = Field(
        default=SecretStr(""),
        description="what signs them, whsec_…; empty: derived from the master key, see `gateway alerts key`",
        json_schema_extra=SECRET_ONLY,
    )
    email: list[Annotated[str, AfterValidator(_some_email)]] = Field(
        default_factory=list, description="addresses that are written to"
    )
    again: Duration = Field(default=timedelta(hours=1), description="what lasts is told again after (duration)")
    every: Duration = Field(default=timedelta(minutes=1), description="how often trouble is looked for (duration)")
    waiting_logins: Count = Field(default=50, description="so many logins that have to wait at once are told of")
    free_space: Size = Field(default=5 * 2**30, description="less room in data_dir is told of (size)")
    journal_every: Duration = Field(
        default=timedelta(days=1), description="how often the whole journal is compared with its seals (duration)"
    )
    smtp: Smtp = Field(default=Smtp(), description="the mail server")

    @model_validator(mode="after")
    def _sendable(self) -> Alerts:
        if self.email and not (self.smtp.host and self.smtp.sender):
            raise ValueError("email needs smtp.host and smtp.sender")
        return self

    @property
    def channels(self) -> tuple[AlertChannel, ...]:
        """Those over which somebody is told."""
        found = ((AlertChannel.WEBHOOK, bool(self.webhook)), (AlertChannel.EMAIL, bool(self.email)))
        return tuple(channel for channel, used in found if used)

    @property
    def mailing(self) -> Mailing | None:
        """How mail is sent, as the bridge takes it."""
        if not self.email:
            return None
        smtp = self.smtp
        password = smtp.password.get_secret_value()
        return Mailing(smtp.host, smtp.port, smtp.tls, smtp.user, password, smtp.sender, tuple(self.email))
