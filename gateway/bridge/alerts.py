"""Alerts on their way out: claimed, posted or mailed, settled; and told without the store when that is away."""

from __future__ import annotations

import asyncio
import ssl
from datetime import datetime
from typing import Final

import aiohttp
import structlog

from gateway.bridge import mail
from gateway.domain.alerts import Alert, AlertChannel, AlertKind, Mailing
from gateway.domain.errors import UnavailableError
from gateway.services import alerts
from gateway.services.office import Office

_TOO_MUCH: Final = 64 * 1024

log = structlog.get_logger(__name__)


class Alerts:
    """Sends what is queued. `key` signs what is posted to `url`; `trusted`: see `bridge.mail.send`.

    The address is the operator's own choice, and may be one of a private network, unlike those of subscribers.
    """

    def __init__(
        self,
        office: Office,
        url: str,
        key: bytes,
        mailing: Mailing | None,
        *,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._office = office
        self._url, self._key, self._mailing, self._trusted = url, key, mailing, trusted
        self._told_at: datetime | None = None

    async def send_due(self) -> int:
        """Sends what is due, all at once; tells how many.

        Raises UnavailableError when the store is away; that is told over every channel first, at least once, and again
        after the time that the configuration says.
        """
        if not self._office.policy.alert_channels:
            return 0
        try:
            due = await alerts.claim(self._office)
        except UnavailableError:
            await self._tell_of_the_store()
            raise
        await asyncio.gather(*(self._send(one) for one in due))
        return len(due)

    async def deliver(self, alert: Alert) -> str | None:
        """Sends one alert now; answers why that failed, without secrets, or None. Nothing is kept of it."""
        seconds = self._office.policy.outgoing_timeout.total_seconds()
        if alert.channel is AlertChannel.WEBHOOK:
            return await self._post(alert, seconds) if self._url else "no webhook is configured any more"
        if self._mailing is None:
            return "no mail is configured any more"
        return await mail.send(self._mailing, alert, seconds, self._trusted)

    async def _send(self, alert: Alert) -> None:
        failure = await self.deliver(alert)
        await alerts.settle(self._office, alert, failure)
        self._log(alert, failure)

    async def _tell_of_the_store(self) -> None:
        now, again = self._office.clock(), self._office.policy.alert_again
        if self._told_at is not None and now < self._told_at + again:
            return
        of = [
            alerts.unkept(self._office, AlertKind.STORE_AWAY, "gateway", channel)
            for channel in self._office.policy.alert_channels
        ]
        failures = await asyncio.gather(*(self.deliver(one) for one in of))
        for one, failure in zip(of, failures, strict=True):
            self._log(one, failure)
        if not all(failures):
            self._told_at = now

    @staticmethod
    def _log(alert: Alert, failure: str | None) -> None:
        event = "alert sent" if failure is None else "alert failed"
        attempt = alert.attempts or 1
        log.info(event, alert=alert.id, kind=alert.kind, channel=alert.channel, attempt=attempt, failure=failure)

    async def _post(self, alert: Alert, seconds: float) -> str | None:
        """Why it failed, or None. A redirect is a failure: the payload goes to the configured address only."""
        headers = alerts.headers(self._key, alert, self._office.clock())
        timeout = aiohttp.ClientTimeout(total=seconds)
        body = alert.payload.encode()
        try:
            async with (
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False, timeout=timeout) as response,
            ):
                await response.content.read(_TOO_MUCH)
                return None if 200 <= response.status < 300 else f"answered {response.status}"
        except TimeoutError:
            return "timed out"
        except aiohttp.ClientError as error:
            return f"failed: {type(error).__name__}"
