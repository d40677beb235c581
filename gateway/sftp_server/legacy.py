"""The exceptions of single accounts for old algorithms: who has one, until when, and what is said without one."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import asyncssh
from structlog.typing import FilteringBoundLogger

from gateway.domain.referential import SftpAccount
from gateway.services.office import Office
from gateway.sftp_server.negotiated import Negotiated

_REASON: Final = (
    "Ce compte n'accepte que des algorithmes actuels, et votre logiciel a choisi {names} : mettez-le à jour ou "
    "demandez une exception. This account takes current algorithms only and your software chose {names}: update it, "
    "or ask for an exception"
)


def may_use_old(account: SftpAccount, now: datetime) -> bool:
    """Whether the account's exception is still valid: to the end of its last day, in UTC."""
    until = account.legacy_algorithms_until
    return until is not None and now.date() <= until


def check(office: Office, log: FilteringBoundLogger, account: SftpAccount, found: Negotiated) -> None:
    """Counts and logs a login with old algorithms. Raises asyncssh.DisconnectError when the account may not use them.

    To be called after the right proof, so that who does not have it learns nothing of the account.
    """
    if not found.legacy:
        return
    allowed = may_use_old(account, office.clock())
    outcome = "accepted" if allowed else "refused"
    office.meter.count(
        "legacy_logins_total", organization=account.organization, account=account.username, outcome=outcome
    )
    names, until = " ".join(found.old), account.legacy_algorithms_until
    log.warning("old algorithms", account=account.id, algorithms=names, until=str(until), outcome=outcome)
    if not allowed:
        raise asyncssh.DisconnectError(asyncssh.DISC_BY_APPLICATION, _REASON.format(names=names), "fr")
