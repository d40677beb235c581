"""Uploads that go on where they stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes of an attachment on their way in, over any number of requests. Sizes in bytes.

    `offset`: how much is durable; all of it only once the attachment was judged, which `complete` says. `client`: the
    organization that began it. `sha256`: the digest that it announced. `case_id` is that of an event's attachment.
    """

    id: str
    attachment_id: str
    client: str
    size: int
    offset: int
    blob_key: str
    sha256: bytes | None
    created_at: datetime
    expires_at: datetime
    folder_id: str
    event_id: str | None = None
    case_id: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the bytes are the attachment's now."""
        return self.offset == self.size
