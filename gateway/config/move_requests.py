"""Moves that are asked for in a request: the text of a file of moves, without a file and without lists beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.config.faults import ConfigurationError
from gateway.config.located import Located, load
from gateway.config.move_list import Listed
from gateway.config.moves import MoveFile, understood
from gateway.domain.moves import Spec
from gateway.domain.plans import MoveTextError, TextFault, UnplannableError

MOST: Final = 50
"""So many faults are told at a time."""


@dataclass(frozen=True, slots=True)
class MoveText:
    """A text that was read: what it asks for, and where it says so."""

    file: MoveFile

    @property
    def spec(self) -> Spec:
        """What it asks for."""
        return self.file.spec

    def placed(self, error: UnplannableError) -> MoveTextError:
        """What stands against the plan, each where the text asks for it."""
        return _told(self.file.placed(error))


def read_text(raw: bytes) -> MoveText:
    """What a text asks for, YAML or (its subset) JSON. Raises MoveTextError with the faults and their places."""
    try:
        document = load(raw.decode(), "")
        return MoveText(understood(document, lambda _name: _no_list(document)))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise MoveTextError(TextFault("", line, 1, "the text is not UTF-8")) from None
    except ConfigurationError as error:
        raise _told(error) from None


def _no_list(document: Located) -> tuple[Listed, ...]:
    select = document.child("select")
    asked = (select and select.child("list")) or document
    message = "no file lies beside a request: give the rows themselves, under `subscriptions`"
    raise ConfigurationError([asked.fault("select.list", message, at_key=True)])


def _told(error: ConfigurationError) -> MoveTextError:
    found = [TextFault(one.path, one.line, one.column, one.message) for one in error.faults[:MOST]]
    left = len(error.faults) - MOST
    if left > 0:
        found.append(TextFault("", 0, 0, f"and {left} more"))
    return MoveTextError(*found)
