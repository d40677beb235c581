"""One simulation from its first dossier to its balance sheet."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import aiohttp

from gateway.app import Gateway, prepare
from gateway.config import Settings
from tools.simulate import world
from tools.simulate.agenda import Agenda, Clock
from tools.simulate.at_doors import RealDeposits
from tools.simulate.at_services import ServiceDeposits
from tools.simulate.balance import Sheet, balance
from tools.simulate.bridge import Bridge
from tools.simulate.depositor import Depositor
from tools.simulate.doors import Deposits
from tools.simulate.habits import DAY
from tools.simulate.operators import Done, Operators
from tools.simulate.software import Software
from tools.simulate.subscribers import Subscriber
from tools.simulate.volumes import START, arrivals

_SHARED: Final = 0.05
"""Which part of the dossiers has a second recipient."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is simulated. `real`: subscribers at real doors; `minutes`: of real time, after which it ends."""

    subscribers: int
    dossiers: int
    days: int = 365
    real: int = 0
    minutes: float = 60
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `whole`: the simulated time was over before the real time was."""

    scale: Scale
    sheet: Sheet
    done: Done
    whole: bool
    simulated_days: float
    events: int
    seconds: float


def settings(directory: Path, database_url: str = "") -> Settings:
    """A gateway of its own below a directory, on free ports of this machine; an empty URL is SQLite."""
    return Settings.model_validate(
        {
            "data_dir": directory / "var",
            "database": {"url": database_url},
            "http": {"host": "127.0.0.1", "port": 0},
            "sftp": {"host": "127.0.0.1", "port": 0, "idle_timeout": "1d"},
            "scheduler": {"enabled": False},
            "rates": {"per_client": 0, "per_organization": 0},
        }
    )


async def simulate(chosen: Settings, scale: Scale) -> Outcome:
    """Runs it on a database that holds the schema and nothing else."""
    began = time.monotonic()
    clock = Clock(START)
    async with _gateway(chosen, clock) as gateway, aiohttp.ClientSession() as session, AsyncExitStack() as stack:
        office, agenda = gateway.office, Agenda(clock)
        subscribers = world.people(scale.seed, scale.subscribers, scale.real, scale.days)
        shared = world.operators(scale.seed, subscribers, scale.days, real=scale.real > 0)
        await world.declare(office, subscribers, shared)
        at_services = ServiceDeposits(office, world.DEPOSITOR)
        at_door = RealDeposits(session, gateway.http_port, world.DEPOSITOR.actor)
        doors: dict[bool, Deposits] = {False: at_services, True: at_door}
        depositor = Depositor(office, agenda, world.DEPOSITOR, doors, scale.seed)
        bridge = Bridge(office, agenda, chosen.data_dir / "spool")
        stack.push_async_callback(bridge.close)
        software = Software(stack, gateway, session, agenda, bridge, depositor, scale.seed, scale.days)
        for operator in shared:
            software.of_operator(operator)
        for subscriber in subscribers:
            software.of_subscriber(subscriber)
        bridge.plan(START + scale.days * DAY)
        operators = Operators(office, agenda, subscribers, scale.seed)
        operators.plan(scale.days, depositor)
        _deposits(agenda, depositor, subscribers, scale)
        whole = await agenda.run(
            START + scale.days * DAY,
            bridge.take_answers,
            lambda: time.monotonic() - began > scale.minutes * 60,
        )
        await bridge.close()
        await depositor.read_notifications()
        await operators.sum_up()
        sheet = await balance(office, subscribers, shared, depositor, list(operators.switched))
        days = (clock.now - START) / DAY
        return Outcome(scale, sheet, operators.done, whole, days, agenda.done, time.monotonic() - began)


@asynccontextmanager
async def _gateway(chosen: Settings, clock: Clock) -> AsyncIterator[Gateway]:
    prepare(chosen)
    gateway = Gateway(chosen, clock)
    await gateway.open()
    try:
        yield gateway
    finally:
        await gateway.close()


def _deposits(agenda: Agenda, depositor: Depositor, subscribers: list[Subscriber], scale: Scale) -> None:
    """Puts every dossier into the agenda; larger communes get more of them."""
    random = Random(f"{scale.seed}/dossiers")
    towns: dict[str, tuple[list[Subscriber], list[float]]] = {}
    for one in subscribers:
        of_process, sizes = towns.setdefault(one.process, ([], []))
        of_process.append(one)
        sizes.append(random.paretovariate(1.3) + (5 if one.real else 0))
    for number, arrival in enumerate(arrivals(random, scale.dossiers, scale.days, tuple(towns)), start=1):
        of_process, sizes = towns[arrival.process]
        chosen = random.choices(of_process, sizes)
        if random.random() < _SHARED:
            chosen += random.choices(_neighbours(chosen[0]) or of_process)
        recipients = list({one.subscription: one for one in chosen}.values())
        name = f"N-{number:06d}"
        agenda.at(arrival.moment, f"dossier {name}", partial(depositor.deposit, name, recipients))


def _neighbours(of: Subscriber) -> list[Subscriber]:
    """Those of the same process at the same operator: two cases of one dossier are in one inbox there."""
    return [one for one in of.operator.members if one.process == of.process] if of.operator else []
