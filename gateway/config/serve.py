"""How many processes serve."""

from __future__ import annotations

import os
from typing import Annotated

from pydantic import Field

from gateway.config.section import Section


class Serve(Section):
    """One process, or several workers below a supervisor that holds the ports."""

    workers: Annotated[int, Field(ge=0, le=256)] = Field(
        default=1, description="processes that serve; 0: one for each processor of this machine"
    )

    @property
    def processes(self) -> int:
        """How many that is here."""
        return self.workers or processors()


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
