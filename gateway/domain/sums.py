"""What is known of bytes once they have passed by, piece after piece."""

from __future__ import annotations

import hashlib
import zlib

from gateway.domain.blob import Blob


class Sums:
    """Size, SHA-256 and CRC-32 of bytes as they come."""

    __slots__ = ("crc32", "sha256", "size")

    def __init__(self) -> None:
        self.size = 0
        self.crc32 = 0
        self.sha256 = hashlib.sha256()

    def add(self, part: bytes | memoryview) -> None:
        """Takes in what follows."""
        self.sha256.update(part)
        self.crc32 = zlib.crc32(part, self.crc32)
        self.size += len(part)

    def copy(self) -> Sums:
        """The same, to go on from here another time."""
        copied = Sums()
        copied.size, copied.crc32, copied.sha256 = self.size, self.crc32, self.sha256.copy()
        return copied

    def blob(self, key: str) -> Blob:
        """What these sums say of a blob."""
        return Blob(key, self.size, self.sha256.digest(), self.crc32)
