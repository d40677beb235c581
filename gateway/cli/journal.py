"""`gateway journal`: the key that signs it, its export, and the check of the kept or an exported one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import at_the_office, settings_of
from gateway.cli.operating import COMMAND
from gateway.cli.printing import print_json

if TYPE_CHECKING:
    from gateway.domain.identity import Caller
    from gateway.domain.seals import Check, Fault
    from gateway.services.office import Office

_MOST = 20


def show_key(config: Path | None) -> None:
    """Prints the public key, by which anybody can check what the gateway has signed."""

    async def verb(office: Office, _: Caller) -> str:
        assert office.signer is not None, "the command's office has a key"
        return office.signer.public_key

    print(at_the_office(settings_of(config), f"{COMMAND} journal key", verb), end="")


def export(file: Path, config: Path | None) -> None:
    """Writes every sealed line and its seals to a new file, one JSON object a line."""
    from gateway.domain.journal_export import line_text, seal_text
    from gateway.services import sealing

    async def verb(office: Office, caller: Caller) -> int:
        written = 0
        await sealing.seal_new(office)
        with file.open("x", encoding="utf-8") as out:
            async for part in sealing.parts(office, caller):
                for line in part.lines:
                    out.write(line_text(line))
                out.write(seal_text(part.seal))
                written += len(part.lines)
        return written

    try:
        lines = at_the_office(settings_of(config), f"{COMMAND} journal export", verb)
    except FileExistsError:
        raise CommandError(f"{file.name} exists already: choose another name", Exit.USAGE) from None
    print(f"Lines written: {lines}. Check them anywhere with: gateway journal verify {file.name} --key KEY.pem")


def verify(file: Path | None, key: Path | None, config: Path | None, *, json: bool) -> None:
    """Checks the kept journal, or an exported one with the public key alone. Raises CommandError when it is wrong."""
    if file is not None:
        if key is None:
            raise CommandError("Give the file of the public key with --key: gateway journal key prints it", Exit.USAGE)
        seals, lines, faults = _of_file(file, _check(key))
    else:
        from gateway.services import sealing

        async def verb(office: Office, caller: Caller) -> sealing.Checked:
            return await sealing.check(office, caller, _check(key) if key else _own(office), _MOST)

        found = at_the_office(settings_of(config), f"{COMMAND} journal verify", verb)
        seals, lines, faults = found.seals, found.lines, found.faults
    if json:
        print_json({"seals": seals, "lines": lines, "faults": [asdict(fault) for fault in faults]})
    for fault in () if json else faults:
        print(told(fault))
    if faults:
        raise CommandError("The journal is not what was sealed", Exit.FAILED)
    if not json:
        print(f"The journal is whole: {lines} lines under {seals} seals.")


def told(fault: Fault) -> str:
    """One fault as a sentence."""
    return fault.reason if fault.seq is None else f"line {fault.seq} {fault.reason}"


def public_key(path: Path) -> str:
    """The text of a file that holds a public key. Raises CommandError for one that does not."""
    from gateway.store.signing import key_id

    try:
        text = path.read_text(encoding="ascii")
        key_id(text)
    except OSError as error:
        raise CommandError(f"{path.name} cannot be read: {error.strerror}", Exit.USAGE) from None
    except ValueError:
        raise CommandError(
            f"{path.name} is no Ed25519 public key in PEM, such as `gateway journal key` prints", Exit.USAGE
        ) from None
    return text


def _check(key: Path) -> Check:
    from gateway.store.signing import verifies

    text = public_key(key)
    return lambda message, signature: verifies(text, message, signature)


def _own(office: Office) -> Check:
    from gateway.store.signing import verifies

    assert office.signer is not None, "the command's office has a key"
    text = office.signer.public_key
    return lambda message, signature: verifies(text, message, signature)


def _of_file(file: Path, check: Check) -> tuple[int, int, tuple[Fault, ...]]:
    from gateway.domain.journal_export import JournalExportError, read

    try:
        with file.open(encoding="utf-8") as lines:
            found = read(lines, check, _MOST)
    except OSError as error:
        raise CommandError(f"{file.name} cannot be read: {error.strerror}", Exit.USAGE) from None
    except UnicodeDecodeError:
        raise CommandError(f"{file.name} is no text: not as `gateway journal export` writes it") from None
    except JournalExportError as error:
        raise CommandError(f"{file.name}, {error}") from None
    return found.seals, found.lines, found.faults
