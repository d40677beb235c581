"""Sealing the journal in batches, behind the writers, and telling whether it is still what was sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from gateway.domain.identity import Caller
from gateway.domain.journal import Line
from gateway.domain.seals import GENESIS, Check, Fault, Seal, Verification, line_digest, seal_digest
from gateway.services.access import operators_alone
from gateway.services.office import Office
from gateway.services.ports import Transaction

BATCH: Final = 1000
PATIENCE: Final = timedelta(hours=1)
"""How long a number that a seal did not find is looked for: far longer than a transaction may take."""


@dataclass(frozen=True, slots=True)
class Part:
    """A seal with its lines, late ones included, by their numbers."""

    seal: Seal
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the whole journal found: how much is sealed, and the first faults."""

    seals: int
    lines: int
    faults: tuple[Fault, ...]


async def seal_new(office: Office) -> int:
    """Seals every line written so far; answers how many. One process at a time does it, which its lease sees to.

    Writers are not held up: lines are read and hashed first, and the transaction of a seal only adds it.
    """
    sealed = 0
    while (count := await _seal_batch(office)) != 0:
        sealed += count or 0
    return sealed


async def parts(office: Office, caller: Caller, after: int = 0) -> AsyncIterator[Part]:
    """The seals made after one, by its number, each with its lines. For ADMIN; raises ForbiddenError."""
    operators_alone(caller)
    while found := await office.store.read(partial(_part, after)):
        yield found
        after = found.seal.number


async def check(office: Office, caller: Caller, signed: Check, most: int = 20) -> Checked:
    """Compares the whole journal with its seals, and stops at so many faults. Raises ForbiddenError."""
    verification = Verification(signed)
    found: list[Fault] = []
    async for part in parts(office, caller):
        found += verification.take(part.seal, part.lines)
        if len(found) >= most:
            break
    else:
        found += verification.end()
    return Checked(verification.seals, verification.lines, tuple(found[:most]))


def _part(after: int, tx: Transaction) -> Part | None:
    seals = tx.seals.after(after, 1)
    if not seals:
        return None
    lines = [*tx.journal.between(seals[0].first, seals[0].last), *tx.journal.numbered(seals[0].late)]
    return Part(seals[0], tuple(lines))


async def _seal_batch(office: Office) -> int | None:
    """How many lines it sealed; None when somebody else was faster, and there may be more to seal."""
    now, signer = office.clock(), office.signer
    assert signer is not None, "an office that seals has a key"

    def look(tx: Transaction) -> tuple[Seal | None, list[int], list[int], dict[int, bytes]]:
        last = tx.seals.last()
        fresh = tx.journal.after(last.last if last else 0, BATCH)
        late = tx.journal.numbered(sorted(tx.seals.missing(now - PATIENCE)))
        # Hashed here, beside the loop on which others wait.
        hashed = {line.seq: line_digest(line) for line in (*fresh, *late)}
        return last, [line.seq for line in fresh], [line.seq for line in late], hashed

    last, fresh, late, hashed = await office.store.read(look)
    if not hashed:
        return 0
    first = last.last + 1 if last else 1
    final = fresh[-1] if fresh else first - 1
    there = set(fresh)
    missing = tuple(seq for seq in range(first, final + 1) if seq not in there)
    digests = b"".join(hashed[seq] for seq in sorted(hashed))
    previous = last.digest if last else GENESIS
    digest = seal_digest(first, final, missing, late, digests, previous, now)
    signature = signer.sign(digest)
    seal = Seal(first, final, missing, tuple(late), digests, previous, digest, signer.key_id, signature, now)

    return len(hashed) if await office.store.write(lambda tx: tx.seals.add(seal)) else None
