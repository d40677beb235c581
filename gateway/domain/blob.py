"""What a blob store tells of the bytes it keeps, and the ways in which it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.errors import ConflictError, NotFoundError, UnavailableError

_RETRY_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that are durable, under an opaque key that only their store understands.

    `size` is in bytes, `sha256` the 32 raw bytes of the digest, `crc32` the unsigned checksum of zip archives.
    """

    key: str
    size: int
    sha256: bytes
    crc32: int


class BlobMissing(NotFoundError):  # noqa: N818 (a fact about the store, not a mistake in the program)
    """No blob has this key: purged, never committed, or no key of this store at all."""

    def __init__(self) -> None:
        super().__init__("File")


class BlobBusy(ConflictError):  # noqa: N818 (as above)
    """Somebody is writing the blob at this moment."""

    def __init__(self) -> None:
        super().__init__("Another request is writing this file at the moment; ask how far it is, and go on from there")


class StorageUnavailable(UnavailableError):  # noqa: N818 (as above)
    """The storage refused: full, failing or out of reach. What was being written is gone; try again later."""

    def __init__(self, message: str, retry_after: timedelta = _RETRY_AFTER) -> None:
        super().__init__(message, retry_after)
