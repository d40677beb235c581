"""Who takes which process now: what a depositor asks before it hands anything in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.domain.identity import Caller, Role
from gateway.domain.lists import Capability, CapabilityFilter
from gateway.services.access import operators_alone
from gateway.services.office import Office

Position = tuple[str, str]
"""A process code and the name of an organization: where a page ended."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One page; `after` is where the next one begins, None on the last."""

    items: tuple[Capability, ...]
    after: Position | None


async def find_capabilities(
    office: Office, caller: Caller, asked: CapabilityFilter, after: Position | None, most: int
) -> Capabilities:
    """The organizations that take dossiers of a process now, ordered by process and organization.

    An OSL sees its own processes and those without owner, ADMIN all. Raises ForbiddenError for others.
    """
    if caller.role is not Role.OSL:
        operators_alone(caller, caller.process)
    osl = caller.organization if caller.role is Role.OSL else None
    scoped = replace(asked, osl=osl, process=caller.process)
    now = office.clock()
    found = await office.store.read(lambda tx: tx.directory.capabilities(scoped, after, most + 1, now))
    shown = found[:most]
    last = shown[-1] if len(found) > most else None
    return Capabilities(tuple(shown), None if last is None else (last.process, str(last.organization)))
