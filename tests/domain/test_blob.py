"""What callers are told when a blob is not there, or cannot be."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.blob import BlobMissing, StorageUnavailable
from gateway.domain.errors import NotFoundError, UnavailableError


def test_a_missing_blob_is_answered_like_every_missing_object() -> None:
    error = BlobMissing()
    assert isinstance(error, NotFoundError)
    assert error.message == "File is not found"


def test_a_storage_that_refuses_says_when_to_come_back() -> None:
    error = StorageUnavailable("Cannot write the file")
    assert isinstance(error, UnavailableError)
    assert error.retry_after > timedelta(0)
