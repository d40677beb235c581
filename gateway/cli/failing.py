"""How commands fail: one readable block on standard error, and the exit code that fits."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from gateway.cli.exits import Exit, code_of
from gateway.domain.errors import DomainError, InvalidRequestError, UnavailableError

MOST_SHOWN: Final = 200


class CommandError(Exception):
    """A failure that a command expects: what was wrong and what to do, with its exit code."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(slots=True)
class Wishes:
    """How failures are to be shown; known once the command line is parsed. `debug` adds the traceback."""

    debug: bool = False


@contextmanager
def failures(wishes: Wishes) -> Iterator[None]:
    """Turns what is raised inside into a block on standard error and SystemExit with the code that fits."""
    try:
        yield
    except CommandError as error:
        raise _ended(error, error.message, error.code, debug=wishes.debug) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:  # every failure is told, the unexpected ones too
        raise _ended(error, described(error), code_of(error), debug=wishes.debug) from None


def described(error: Exception) -> str:
    """What to tell the person at the terminal."""
    from gateway.config import ConfigurationError  # imported late: the help text needs no YAML

    if isinstance(error, ConfigurationError):
        return _counted([str(fault) for fault in error.faults])
    if isinstance(error, InvalidRequestError):
        return _counted(list(error.faults))
    if isinstance(error, UnavailableError):
        return f"{error.message} (in {error.retry_after.total_seconds():.0f} s)"
    if isinstance(error, DomainError):
        return error.message
    return f"unexpected failure: {type(error).__name__}. Run it again with --debug to see where"


def _counted(lines: list[str]) -> str:
    if len(lines) == 1:
        return lines[0]
    shown = [f"  {line}" for line in lines[:MOST_SHOWN]]
    if len(lines) > MOST_SHOWN:
        shown.append(f"  … and {len(lines) - MOST_SHOWN} more")
    return "\n".join([f"{len(lines)} faults:", *shown])


def _ended(error: BaseException, text: str, code: Exit, *, debug: bool) -> SystemExit:
    if debug:
        traceback.print_exception(error)
    print(f"gateway: {text}", file=sys.stderr)
    return SystemExit(int(code))
