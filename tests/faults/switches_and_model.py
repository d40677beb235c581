"""Switches, crashes, and at the end a certificate of every subscription that was switched, for the state machine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from gateway.domain.certificates import Wrong, read
from gateway.domain.errors import ConflictError
from gateway.domain.identity import Caller, Mode
from gateway.domain.switches import InFlight, Switch, Switched
from gateway.services import switching
from gateway.services.certify import Asked, Balance, certificate
from gateway.services.office import Office, gateway_caller
from gateway.store.signing import verifies
from tests.faults import delivery_model as model
from tests.faults.office_and_model import SIGNER, DeliveriesBase
from tests.journeys.world import RECIPIENTS, subscription_id

TOWNS: Final = st.sampled_from(["rennes", "nantes", "brest"])
DRAINS: Final = st.sampled_from([None, timedelta(hours=1), timedelta(days=2), timedelta(days=20)])


class SwitchesBase(DeliveriesBase):
    """Adds who owns what, and what is certified of it."""

    def begin(self) -> None:
        super().begin()
        self.first: dict[str, dict[str, int]] = {}

    @property
    def operator(self) -> Caller:
        return gateway_caller(self.office, "operator")

    @rule(name=TOWNS, drain=DRAINS)
    def switch(self, name: str, drain: timedelta | None) -> None:
        """Carries what is open, or drains it; a second time it is a switch back."""
        town, now = self.towns[name], self.clock.now
        open_now = [one for one in self._of(name) if one.open]
        done = self.run(switching.switch(self.office, self.operator, subscription(name), self._wanted(town, drain)))
        self.switched(name, None if drain is None else now + drain)
        assert (done.after[0], done.epoch) == (town.mode, town.epoch)
        assert done.open.total == len(open_now)
        assert done.open.pinned == sum(one.pinned is not None and now < one.pinned[1] for one in open_now)

    @rule(name=TOWNS)
    def both_workers_switch(self, name: str) -> None:
        """Of two at once one does it, and the other is told that it was done."""
        wanted = self._wanted(self.towns[name], None)
        done = self.run(at_once(*(self._switch_on(worker, name, wanted) for worker in self.workers)))
        assert sorted(type(one).__name__ for one in done) == ["ConflictError", "Switched"]
        self.switched(name, None)

    def switch_beside(self, name: str, error: type[Exception] | None, gesture: Coroutine[Any, Any, Any]) -> int:
        """Makes a gesture while another worker switches; answers how many deliveries the switch found open."""
        wanted = self._wanted(self.towns[name], None)
        done, made = self.run(at_once(self._switch_on(self.office, name, wanted), gesture))
        assert isinstance(done, Switched)
        assert isinstance(made, error or object)
        assert isinstance(made, Exception) is (error is not None)
        return done.open.total

    @rule(name=TOWNS)
    def switch_by_a_plan_that_is_old(self, name: str) -> None:
        """Somebody else has switched meanwhile, or it is the switch that was made a moment ago."""
        town = self.towns[name]
        old = Switch(other(town.mode), epoch=town.epoch - 1)
        self.expect(ConflictError, switching.switch(self.office, self.operator, subscription(name), old))

    @rule(name=TOWNS, drain=DRAINS)
    def switch_and_crash(self, name: str, drain: timedelta | None) -> None:
        """Nobody hears whether it was made: it was, whole, or it was not."""
        town, now = self.towns[name], self.clock.now
        self.run(self._cut(switching.switch(self.office, self.operator, subscription(name), self._wanted(town, drain))))
        self.crash_and_restart()
        found = self.run(self.office.store.read(lambda tx: tx.subscriptions.get(subscription(name))))
        assert found is not None
        if found.epoch == town.epoch + 1:
            self.switched(name, None if drain is None else now + drain)
        assert (found.access_mode, found.epoch) == (town.mode, town.epoch)

    @rule()
    def crash_and_restart(self) -> None:
        """What was open at the doors is gone; everything else is as it was."""
        self.handles.clear()
        self.run(self.stack.aclose())
        self.open()

    def teardown(self) -> None:
        try:
            for name, before in getattr(self, "first", {}).items():
                self._certify(name, before)
        finally:
            super().teardown()

    @staticmethod
    def _switch_on(office: Office, name: str, wanted: Switch) -> Coroutine[Any, Any, Switched]:
        return switching.switch(office, gateway_caller(office, "operator"), subscription(name), wanted)

    @staticmethod
    async def _cut(verb: Any) -> None:
        """Begins, and does not stay to hear."""
        task = asyncio.ensure_future(verb)
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    @staticmethod
    def _wanted(town: model.Town, drain: timedelta | None) -> Switch:
        rule_of = InFlight.CARRY if drain is None else InFlight.DRAIN
        return Switch(other(town.mode), in_flight=rule_of, drain_for=drain, epoch=town.epoch)

    def switched(self, name: str, until: datetime | None) -> None:
        """Lets the model switch too."""
        mine = self._of(name)
        self.first.setdefault(name, {one.id: one.acknowledgements for one in mine if not one.open})
        town = self.towns[name]
        model.switch(town, other(town.mode), mine, until, self.clock.now)

    def _certify(self, name: str, before: Mapping[str, int]) -> None:
        """The certificate from the first switch on says of every delivery what the model says, and nothing is lost.

        `before`: what was closed at that switch already; of these it names those only that were acknowledged since.
        """
        balance = Balance()
        said = self.run(self._read(name, balance))
        assert balance.clean
        assert (balance.lost, balance.counted_twice) == ([], [])
        told = {one["delivery"]["id"]: one["delivery"] for one in said if "delivery" in one}
        mine = {one.id: one for one in self._of(name) if before.get(one.id) != one.acknowledgements}
        assert set(told) == set(mine)
        for identifier, one in mine.items():
            found = told[identifier]
            assert found["state"] == ("OPEN" if one.open else one.state)
            assert found["inbox"] == (one.owner(self.clock.now) if one.open else None)
            assert len(found["acknowledgements"]) == one.acknowledgements <= 1
            assert one.open or one.acknowledgements or found["left"]["rule"] == one.state

    async def _read(self, name: str, balance: Balance) -> list[Mapping[str, Any]]:
        asked = [Asked(subscription(name), 2)]
        lines = [one async for one in certificate(self.office, self.operator, asked, {"switch": name}, balance)]
        found = list(read(lines, partial(verifies, SIGNER.public_key)))
        assert not any(isinstance(one, Wrong) for one in found)
        return [one for one in found if not isinstance(one, Wrong)]


async def at_once(*verbs: Coroutine[Any, Any, Any]) -> list[Any]:
    """What they answer, or raise, when all begin at the same time."""
    return await asyncio.gather(*verbs, return_exceptions=True)


def other(mode: Mode) -> Mode:
    """Of the two doors of the machine the other one."""
    return Mode.API if mode is Mode.SFTP else Mode.SFTP


def subscription(name: str) -> str:
    """The id of a recipient's subscription."""
    return subscription_id(RECIPIENTS[name])
