from __future__ import annotations

from datetime import timedelta

import asyncssh
import pytest
import structlog
from structlog.testing import capture_logs

from gateway.domain.blob import BlobMissing, StorageUnavailable
from gateway.domain.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
    UnreadError,
)
from gateway.sftp_server.errors import denied, status
from tests.sftp_server.scene import Figures


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (NotFoundError("Case"), asyncssh.FX_NO_SUCH_FILE, "No such file"),
        (BlobMissing(), asyncssh.FX_NO_SUCH_FILE, "No such file"),
        (UnreadError("unread"), asyncssh.FX_PERMISSION_DENIED, "unread"),
        (ForbiddenError("not yours"), asyncssh.FX_PERMISSION_DENIED, "not yours"),
        (UnauthorizedError("who"), asyncssh.FX_PERMISSION_DENIED, "who"),
        (ConflictError("exists"), asyncssh.FX_FAILURE, "exists"),
        (InvalidRequestError("wrong", "and more"), asyncssh.FX_FAILURE, "wrong"),
        (UnavailableError("later", timedelta(1)), asyncssh.FX_FAILURE, "later"),
        (StorageUnavailable("full"), asyncssh.FX_FAILURE, "full"),
        (denied("here"), asyncssh.FX_PERMISSION_DENIED, "here"),
    ],
)
def test_each_error_has_its_status(error: Exception, code: int, reason: str) -> None:
    figures = Figures()
    found = status(error, structlog.get_logger(), figures)
    assert (found.code, found.reason) == (code, reason)
    assert not figures.counts


def test_every_kind_of_domain_error_is_known() -> None:
    assert {kind.__name__ for kind in DomainError.__subclasses__()} == {
        "InvalidRequestError",
        "UnauthorizedError",
        "ForbiddenError",
        "NotFoundError",
        "ConflictError",
        "UnreadError",
        "TooManyRequestsError",
        "UnavailableError",
        *{kind.__name__ for kind in DomainError.__subclasses__() if kind.__module__ != "gateway.domain.errors"},
    }


def test_what_nobody_foresaw_is_logged_and_not_told() -> None:
    figures = Figures()
    error = OSError(2, "No such file", "/secret/path")
    with capture_logs() as lines:
        found = status(error, structlog.get_logger().bind(session="s"), figures)
    (line,) = lines
    assert found.code == asyncssh.FX_FAILURE
    assert found.reason == f"Internal error {line['error']}"
    assert (line["session"], line["exc_info"]) == ("s", error)
    assert figures.counts == {"errors_total door=SFTP": 1}
