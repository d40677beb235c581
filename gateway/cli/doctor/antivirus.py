"""clamd, where the settings name one."""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.cli.doctor.findings import Finding, problem, warning, well
from gateway.config import Settings

_PATIENCE: Final = 5.0


async def check(settings: Settings) -> list[Finding]:
    """A PING, which clamd answers with PONG."""
    section = getattr(settings, "antivirus", None)
    address: str = getattr(section, "address", "") or ""
    if not address:
        return [well("antivirus", "none is configured")]
    try:
        async with asyncio.timeout(_PATIENCE):
            said = await ping(address)
    except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as error:
        found = f"clamd does not answer ({type(error).__name__})"
        advice = "start clamd, or correct antivirus.address (host:port, or the path of its local socket)"
        if getattr(section, "when_away", "refuse") == "accept":
            return [warning("antivirus", f"{found}: attachments are accepted without being looked at", advice)]
        return [problem("antivirus", f"{found}: attachments are refused", advice)]
    if said != b"PONG\0":
        return [problem("antivirus", "what answers is not clamd", "correct antivirus.address")]
    return [well("antivirus", "clamd answers")]


async def ping(address: str) -> bytes:
    """What is answered on `host:port` or the path of a socket."""
    if address.startswith("/"):
        reader, writer = await asyncio.open_unix_connection(address)
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        writer.write(b"zPING\0")
        await writer.drain()
        return await reader.readuntil(b"\0")
    finally:
        writer.close()
