"""The limits of the SFTP door."""

import pytest
from pydantic import ValidationError

from gateway.config.sftp_limits import SftpLimits
from gateway.sftp_server.admission import Limits


def test_the_door_takes_what_is_set() -> None:
    assert SftpLimits().door == Limits()
    assert SftpLimits(per_account=2).door == Limits(per_account=2)


def test_no_limit_is_nothing() -> None:
    for wrong in ({"per_account": 0}, {"half_open": -1}, {"channels": 0}):
        with pytest.raises(ValidationError):
            SftpLimits.model_validate(wrong)
