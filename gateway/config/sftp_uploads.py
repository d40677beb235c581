"""What one account may have lying in out/ at the SFTP door."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from gateway.config.section import Count, Section
from gateway.config.units import Size
from gateway.sftp_server.quota import Quota

_GIB: Final = 2**30


class SftpUploads(Section):
    """Of one account: what waits in out/, what was refused within a day, and what is being uploaded."""

    size: Size = Field(default=20 * _GIB, description="bytes that are not taken in (size)")
    files: Count = Field(default=10_000, description="files that are not taken in")
    open: Count = Field(default=200, description="files open for writing at a time, in each process")

    @property
    def quota(self) -> Quota:
        """The same, as the door takes it."""
        return Quota(self.size, self.files, self.open)
