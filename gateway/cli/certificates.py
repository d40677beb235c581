"""Certificates of switches: written to a file, and checked with nothing but the public key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.journal import public_key
from gateway.cli.printing import console, print_json

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.services.certify import Balance
    from gateway.services.office import Office

Lines = Callable[["Office", "Caller", "Balance"], AsyncIterator[str]]


@contextmanager
def new_file(file: Path) -> Iterator[IO[str]]:
    """A new file to write to, gone again when that failed. Raises CommandError when it exists already."""
    try:
        out = file.open("x", encoding="utf-8")
    except FileExistsError:
        raise CommandError(f"{file.name} exists already: choose another name", Exit.USAGE) from None
    try:
        with out:
            yield out
    except BaseException:
        file.unlink()
        raise


async def write(office: Office, caller: Caller, out: IO[str], lines: Lines) -> Balance:
    """Writes a certificate, and answers its balance."""
    from gateway.services.certify import Balance

    balance = Balance()
    async for line in lines(office, caller, balance):
        out.write(line)
    return balance


def verify(file: Path, key: Path, *, json: bool) -> None:
    """Checks a certificate off line. Raises CommandError naming its first wrong line, or what it says went wrong."""
    from gateway.domain.certificates import Wrong, read
    from gateway.store.signing import verifies

    text = public_key(key)
    said: Mapping[str, Any] = {}
    try:
        with file.open(encoding="utf-8") as lines:
            for one in read(lines, lambda message, signature: verifies(text, message, signature)):
                if isinstance(one, Wrong):
                    raise CommandError(f"{file.name}: line {one.line} {one.reason}")
                said = one
    except OSError as error:
        raise CommandError(f"{file.name} cannot be read: {error.strerror}", Exit.USAGE) from None
    except UnicodeDecodeError:
        raise CommandError(f"{file.name} is no certificate: it is no text") from None
    balance = said["balance"]
    show(balance, json=json)
    if balance["lost"] or balance["countedTwice"] or balance["disagreements"]:
        raise CommandError("The certificate is genuine, and says that not everything went as it should")


def show(balance: Mapping[str, Any], *, json: bool) -> None:
    """The sum of a certificate, for people or for scripts."""
    if json:
        print_json(balance)
        return
    states = ", ".join(f"{count} {state.lower()}" for state, count in sorted(balance["states"].items()))
    served = balance["servedThroughMoreThanOneDoorOrAccount"]
    out = console()
    out.print(f"Subscriptions switched:  {balance['subscriptions']}")
    out.print(f"Deliveries:              {balance['deliveries']}, {balance['openBefore']} of them open at the switch")
    out.print(f"What became of them:     {states or 'nothing was there'}")
    out.print(f"Lost:                    {balance['lost']}")
    out.print(f"Counted more than once:  {balance['countedTwice']}")
    out.print(f"Served whole more than once, by different doors or accounts: {len(served)}")
    if balance["disagreements"]:
        out.print(f"Where the journal and what is kept disagree: {balance['disagreements']}")
