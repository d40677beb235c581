"""The watched folder: a new or changed file of moves is planned, and waits for approval unless it says otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from gateway.config.faults import ConfigurationError
from gateway.config.moves import MoveFile, read_move
from gateway.config.watching import stirrings
from gateway.domain.errors import ConflictError, DomainError
from gateway.domain.ids import new_id
from gateway.domain.moves import Move, MoveState
from gateway.domain.plans import UnplannableError
from gateway.services import leases, moves, planning
from gateway.services.move_steps import WATCHED
from gateway.services.office import Office, gateway_caller

log = structlog.get_logger("gateway.app")

ACTOR: Final = WATCHED
_LEASE: Final = timedelta(seconds=30)


class MovesFolder:
    """Looks through the files of a folder; of several processes one does at a time, by a lease.

    A file whose move is recorded as it asks for is left alone, in this life of the process and the next; so is
    `example.yaml`. A file that was refused is looked at again when it has changed, or after a restart.
    """

    def __init__(self, office: Office, folder: Path) -> None:
        self._office = office
        self._folder = folder
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{new_id()[-8:]}"
        self._seen: dict[str, bytes] = {}

    async def look(self) -> int:
        """Plans what is new or has changed; answers how many moves it recorded."""
        found = await asyncio.to_thread(self._marks)
        changed = [name for name, mark in found.items() if self._seen.get(name) != mark]
        if not changed or await leases.hold(self._office, "moves-folder", self._holder, _LEASE) is None:
            return 0
        recorded = 0
        for name in changed:
            recorded += await self._plan(name)
            self._seen[name] = found[name]
        return recorded

    async def watch(self) -> None:
        """Looks at every change, until cancelled. A look that fails is told of in the log, and comes again."""
        async for _ in stirrings(lambda: [self._folder / "any"]):
            try:
                await self.look()
            except Exception:
                log.exception("folder of moves not looked at")

    def _marks(self) -> dict[str, bytes]:
        """What each file of moves holds, together with the lists that it names."""
        if not self._folder.is_dir():
            return {}
        lists = {path.name: path.read_bytes() for path in sorted(self._folder.glob("*.csv"))}
        marks = {}
        for path in sorted(self._folder.glob("*.yaml")):
            if path.name == "example.yaml" or path.name.startswith("."):
                continue
            text = path.read_bytes()
            mark = hashlib.sha256(text)
            for name, content in lists.items():
                if name.encode() in text:
                    mark.update(hashlib.sha256(content).digest())
            marks[path.name] = mark.digest()
        return marks

    async def _plan(self, name: str) -> bool:
        try:
            file = await asyncio.to_thread(read_move, self._folder / name)
            return await self._recorded(name, file)
        except ConfigurationError as error:
            refused = error
        for fault in refused.faults:
            log.error("move refused", file=fault.source, line=fault.line, column=fault.column, fault=str(fault))
        return False

    async def _recorded(self, name: str, file: MoveFile) -> bool:
        """Records the plan of a file, unless it is recorded. Raises ConfigurationError where the file is at fault."""
        caller = gateway_caller(self._office, ACTOR)
        spec = file.spec
        known = await self._office.store.read(lambda tx: tx.moves.named(spec.name))
        if known is not None and known.spec == spec:
            await self._applied(name, known)
            return False
        try:
            plan = await planning.plan(self._office, caller, spec)
            move = await moves.record(self._office, caller, spec, plan.waves, plan.rows(), plan.digest)
        except UnplannableError as error:
            raise file.placed(error) from None
        except ConflictError as error:
            node = file.document.child("move") or file.document
            raise ConfigurationError([node.fault("move", error.message)]) from None
        log.info("move planned", move=move.name, file=name, size=move.size, digest=move.plan_digest)
        await self._applied(name, move)
        return True

    async def _applied(self, name: str, move: Move) -> None:
        """Lets the move run, if its file says that nobody is asked."""
        if not move.spec.automatic or move.state not in (MoveState.PLANNED, MoveState.APPROVED):
            return
        caller = gateway_caller(self._office, ACTOR)
        try:
            await moves.approve(self._office, caller, move.name, move.plan_digest)
            await moves.apply(self._office, caller, move.name, move.plan_digest)
        except DomainError as error:
            log.warning("move not applied", move=move.name, file=name, reason=error.message)
        else:
            log.info("move applied", move=move.name, file=name)
