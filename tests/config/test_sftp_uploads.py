"""What waits in out/ at the SFTP door."""

import pytest
from pydantic import ValidationError

from gateway.config.sftp_uploads import SftpUploads
from gateway.sftp_server.quota import Quota


def test_the_door_takes_what_is_set() -> None:
    assert SftpUploads().quota == Quota()
    found = SftpUploads.model_validate({"size": "1MiB", "files": 3, "open": 2}).quota
    assert found == Quota(2**20, 3, 2)


def test_nothing_is_no_quota() -> None:
    for wrong in ({"size": "0"}, {"files": 0}, {"open": 0}):
        with pytest.raises(ValidationError):
            SftpUploads.model_validate(wrong)
