"""Outgoing webhooks: claimed from the outbox, posted, settled."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
import structlog

from gateway.bridge.targets import PrivateTargetError, public_socket
from gateway.services import outgoing
from gateway.services.office import Office
from gateway.services.outgoing import Call

_TOO_MUCH: Final = 64 * 1024

log = structlog.get_logger(__name__)


class Webhooks:
    """Posts what the outbox holds; keeps its connections from one round to the next.

    `private_targets`: whether it may call addresses that are not of the internet, see `bridge.targets`.
    """

    def __init__(self, office: Office, *, private_targets: bool = False) -> None:
        self._office = office
        self._sockets = None if private_targets else public_socket
        self._session: aiohttp.ClientSession | None = None

    async def send_due(self) -> int:
        """Makes the calls that are due, at once; returns how many."""
        calls = await outgoing.claim(self._office)
        await asyncio.gather(*(self._send(call) for call in calls))
        return len(calls)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def _send(self, call: Call) -> None:
        failure = await self._post(call) if call.url else "the subscription has no webhook any more"
        await outgoing.settle(self._office, call, failure)
        log.info(
            "webhook sent" if failure is None else "webhook failed",
            outgoing=call.outgoing.id,
            subscription=call.outgoing.subscription_id,
            attempt=call.outgoing.attempts,
            failure=failure,
        )

    async def _post(self, call: Call) -> str | None:
        """Why the call failed, or None. A redirect is a failure: the payload goes to the declared address only."""
        if self._session is None:
            connector = aiohttp.TCPConnector(socket_factory=self._sockets)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        assert call.url is not None
        timeout = aiohttp.ClientTimeout(total=self._office.policy.outgoing_timeout.total_seconds())
        try:
            async with self._session.post(
                call.url, data=call.body, headers=dict(call.headers), allow_redirects=False, timeout=timeout
            ) as response:
                await response.content.read(_TOO_MUCH)
                return None if 200 <= response.status < 300 else f"answered {response.status}"
        except TimeoutError:
            return "timed out"
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, PrivateTargetError):
                return "refused: the address is not a public one"
            return f"failed: {type(error).__name__}"
        except aiohttp.ClientError as error:
            return f"failed: {type(error).__name__}"
        except ValueError:
            return "failed: not a usable address"
