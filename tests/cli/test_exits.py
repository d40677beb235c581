from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.cli.exits import MEANINGS, Exit, code_of, table
from gateway.config import ConfigurationError, Fault
from gateway.domain.errors import ConflictError, InvalidRequestError, NotFoundError, UnavailableError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError([Fault("", 1, 1, "wrong")]), 3),
        (NotFoundError("Folder"), 4),
        (ConflictError("too late"), 4),
        (InvalidRequestError("no"), 4),
        (UnavailableError("later", timedelta(seconds=1)), 5),
        (KeyError("x"), 1),
    ],
)
def test_every_failure_has_its_code(error: Exception, code: int) -> None:
    assert code_of(error) == code


def test_the_table_has_every_code() -> None:
    assert set(MEANINGS) == set(Exit)
    assert [line[0] for line in table().split("\n\n")] == ["0", "1", "2", "3", "4", "5"]
