"""Who has which software: every subscriber that of both doors, operators one for each process of their account."""

from __future__ import annotations

from contextlib import AsyncExitStack
from random import Random

import aiohttp

from gateway.app import Gateway
from gateway.domain.identity import Mode, Transport
from gateway.domain.referential import SftpAccount
from tools.simulate import world
from tools.simulate.agenda import Agenda
from tools.simulate.at_doors import RealApi, RealSftp
from tools.simulate.at_services import ServiceApi, ServiceSftp
from tools.simulate.bridge import Bridge
from tools.simulate.depositor import Depositor
from tools.simulate.doors import Api, Sftp
from tools.simulate.legacy import LegacyServer
from tools.simulate.migrated import MigratedSoftware
from tools.simulate.pushed import PushedSoftware
from tools.simulate.subscribers import Behaving, Operator, Poller, Subscriber


class Software:
    """Gives everybody theirs; what is at a real door is closed with the stack."""

    def __init__(
        self,
        stack: AsyncExitStack,
        gateway: Gateway,
        session: aiohttp.ClientSession,
        agenda: Agenda,
        bridge: Bridge,
        depositor: Depositor,
        seed: int,
        days: int,
    ) -> None:
        self._stack = stack
        self._gateway = gateway
        self._session = session
        self._agenda = agenda
        self._bridge = bridge
        self._contents = depositor.ledger.contents
        self._seed = seed
        self._days = days
        self._shared: dict[tuple[str, str], LegacyServer] = {}

    def of_operator(self, operator: Operator) -> None:
        """A legacy server for each process of its account."""
        account = world.shared_account(operator)
        for process in account.processes:
            made = self._legacy(operator, account, process, real=operator.real, answers=True)
            self._shared[operator.username, process] = made

    def of_subscriber(self, subscriber: Subscriber) -> None:
        """What it has at the SFTP door, of its own and its operator's, and at the API."""
        servers: list[Poller] = []
        if subscriber.operator is not None:
            servers.append(self._shared[subscriber.operator.username, subscriber.process])
        if subscriber.transport is Transport.PUSH:
            random = self._random(f"push:{subscriber.organization}")
            servers.append(PushedSoftware(self._agenda, subscriber, self._bridge, random, self._contents, self._days))
        for account in world.accounts(subscriber):
            real, process = subscriber.real, subscriber.process
            servers.append(self._legacy(subscriber, account, process, real=real, answers=not servers))
        client = world.client(subscriber)
        api: Api = ServiceApi(self._gateway.office, subscriber.organization, client)
        if subscriber.real:
            api = RealApi(self._session, self._gateway.http_port, client)
        migrated = MigratedSoftware(self._agenda, subscriber, api, self._random(client), self._contents)
        subscriber.software = {Mode.SFTP: servers, Mode.API: [migrated]}

    def _legacy(
        self, owner: Behaving, account: SftpAccount, process: str, *, real: bool, answers: bool
    ) -> LegacyServer:
        door: Sftp
        if real:
            door = connection = RealSftp(self._gateway.sftp_port, account.username, process)
            self._stack.push_async_callback(connection.close)
        else:
            door = ServiceSftp(self._gateway.office, account, process)
        random = self._random(f"{account.username}/{process}")
        return LegacyServer(self._agenda, owner, door, random, self._contents, self._bridge.put, answers=answers)

    def _random(self, about: str) -> Random:
        return Random(f"{self._seed}/{about}")
