"""Uploads that go on where they stopped."""

from dataclasses import replace
from datetime import UTC, datetime

from gateway.domain.uploads import Upload

MOMENT = datetime(2026, 3, 2, tzinfo=UTC)


def test_an_upload_is_complete_with_its_last_byte() -> None:
    upload = Upload("u", "a", "OSL-13000918600011-00000", 3, 2, "key", None, MOMENT, MOMENT, "f")
    assert not upload.complete
    assert replace(upload, offset=3).complete
