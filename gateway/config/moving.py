"""The settings of planned moves; the files that ask for them are read by `gateway.config.moves`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from gateway.config.section import Section
from gateway.config.units import Duration


class Moving(Section):
    """How planned switches of many subscriptions come in, are approved and go on."""

    folder: str = Field(
        default="moves",
        description="files of moves in it are planned as they come; a relative one is beside this file; empty: none",
    )
    two_people: bool = Field(
        default=False, description="whether a move is approved by another person than the one who planned it"
    )
    every: Duration = Field(
        default=timedelta(seconds=5), description="how often moves under way are carried on (duration)"
    )

    def folder_beside(self, config: Path | None) -> Path | None:
        """The directory that is watched, given the file of the settings; None: none is."""
        if not self.folder:
            return None
        folder = Path(self.folder)
        if folder.is_absolute():
            return folder
        return None if config is None else config.parent / folder
