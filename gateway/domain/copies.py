"""The recipient's own copies of files, and the statuses from which they may be deleted (hub v1, Purge)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.domain.statuses import RANK, Status

WITHOUT_RULE: Final = frozenset({Status.DONE, Status.REFUSED, Status.CLOSED, Status.ARCHIVED})
"""Where files may be deleted of processes that do not say."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One attachment as one case shows it."""

    attachment_id: str
    case_id: str


def deletable(rule: Status | None) -> frozenset[Status]:
    """The statuses in which the files of a case may be deleted: that of the process, and those further along."""
    if rule is None:
        return WITHOUT_RULE
    return frozenset(status for status in Status if RANK[status] >= RANK[rule])
