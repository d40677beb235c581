"""Trouble that nobody meets at work: looked for now and then, and told to the people who run the gateway."""

from __future__ import annotations

import hmac
from typing import Final

from gateway.domain.alerts import AlertKind
from gateway.domain.identity import Caller
from gateway.services import penalties, sealing
from gateway.services.alerts import raise_alert
from gateway.services.office import Office, gateway_caller

_GIB: Final = 2**30
_FAULTS: Final = 5


async def look_at_logins(office: Office, most: int) -> int:
    """Tells of many logins that have to wait at once, as during an attack; answers how many alerts were queued."""
    waiting = len(await penalties.find(office, _caller(office), blocking=True))
    if waiting < most:
        return 0
    text = f"{waiting} logins have to wait"
    return await raise_alert(office, AlertKind.PENALTIES_SURGE, text, {"waiting": waiting}, about="logins")


async def look_at_room(office: Office, node: str, free: int, least: int) -> int:
    """Tells of too little room for data on a node; `free` and `least` in bytes. Answers as above."""
    if free >= least:
        return 0
    text = f"{free / _GIB:.1f} GiB are left in data_dir on {node}"
    return await raise_alert(office, AlertKind.DISK_FULL, text, {"node": node, "free": free}, about=node)


async def look_at_journal(office: Office) -> int:
    """Compares the whole journal with its seals and tells of what is wrong; answers as above."""
    signer = office.signer
    assert signer is not None, "an office that seals has a key"

    def signed(message: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(signer.sign(message), signature)  # Ed25519 signs a message in one way only

    found = await sealing.check(office, _caller(office), signed, _FAULTS)
    if not found.faults:
        return 0
    first = found.faults[0]
    text = first.reason if first.seq is None else f"line {first.seq} {first.reason}"
    detail = {"faults": len(found.faults), "lines": found.lines, "seals": found.seals}
    return await raise_alert(office, AlertKind.JOURNAL_NOT_WHOLE, text, detail, about="journal")


def _caller(office: Office) -> Caller:
    return gateway_caller(office, "vigilance")
