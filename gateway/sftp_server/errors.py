"""Failures as the SFTP client gets them: the one map from domain errors, and nothing else that happened inside."""

from __future__ import annotations

from typing import Final

import asyncssh
from structlog.typing import FilteringBoundLogger

from gateway.domain.errors import (
    DomainError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnreadError,
)
from gateway.domain.identity import Door
from gateway.domain.ids import new_id
from gateway.services.ports import Meter

NO_SUCH_FILE: Final = "No such file"
DENIED: Final = "Permission denied"


def no_such_file() -> asyncssh.SFTPError:
    """There is nothing of that name, or nothing that this account may know of."""
    return asyncssh.SFTPNoSuchFile(NO_SUCH_FILE)


def denied(reason: str = DENIED) -> asyncssh.SFTPError:
    """The operation is not one that this door does there."""
    return asyncssh.SFTPPermissionDenied(reason)


def failure(reason: str) -> asyncssh.SFTPError:
    """The operation is one that this door does, but not now or not so."""
    return asyncssh.SFTPFailure(reason)


def status(error: Exception, log: FilteringBoundLogger, meter: Meter) -> asyncssh.SFTPError:
    """What the client is told of `error`.

    Anything that is neither a domain error nor an answer yet is logged with an id, and the client gets that id only.
    """
    if isinstance(error, asyncssh.SFTPError):
        return error
    if isinstance(error, DomainError):
        return _of_domain(error)
    return internal(error, log, meter)


def internal(error: Exception, log: FilteringBoundLogger, meter: Meter) -> asyncssh.SFTPError:
    """Logs a failure of the gateway itself and makes the answer that leads to it."""
    reference = new_id()
    meter.count("errors_total", door=Door.SFTP)
    log.error("internal error", error=reference, exc_info=error)
    return failure(f"Internal error {reference}")


def _of_domain(error: DomainError) -> asyncssh.SFTPError:
    if isinstance(error, NotFoundError):
        return no_such_file()
    if isinstance(error, UnreadError | ForbiddenError | UnauthorizedError):
        return denied(error.message)
    return failure(error.message)
