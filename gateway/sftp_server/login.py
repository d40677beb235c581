"""Logging in: passwords and public keys, within limits, and the same answers whether an account exists or not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import asyncssh
from structlog.typing import FilteringBoundLogger

from gateway.domain.errors import UnavailableError
from gateway.domain.identity import Door
from gateway.domain.referential import SftpAccount
from gateway.services import authenticate
from gateway.services.office import Office
from gateway.sftp_server import errors
from gateway.sftp_server.admission import Admission
from gateway.sftp_server.algorithms import accept_modern_signatures_only
from gateway.sftp_server.channel import Served, SftpChannel
from gateway.sftp_server.connection import Connection

MOST_PASSWORDS: Final = 3
MOST_KEYS: Final = 12  # an agent offers all it has
MOST_NAMES: Final = 3
MOST_CHANNELS: Final = 8
_KEPT_ACCOUNTS: Final = 20_000


class ParsedKeys:
    """The public keys of accounts, parsed once per version of the account."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, frozenset[bytes]]] = OrderedDict()

    def of(self, account: SftpAccount) -> frozenset[bytes]:
        """The account's keys in their wire format; a line that is no key counts for nothing."""
        kept = self._kept.get(account.id)
        if kept is None or kept[0] != account.version:
            kept = self._kept[account.id] = (account.version, frozenset(map(_parsed, account.public_keys)) - {b""})
            while len(self._kept) > _KEPT_ACCOUNTS:
                self._kept.popitem(last=False)
        return kept[1]


class Login(asyncssh.SSHServer):
    """One connection from its first byte to its end; what an account may do once in is `served`.

    `opened` and `closed` tell the server of connections that were let in.
    """

    def __init__(
        self,
        office: Office,
        admission: Admission,
        keys: ParsedKeys,
        log: FilteringBoundLogger,
        idle_timeout: float,
        served: Callable[[Connection], Served],
        opened: Callable[[Connection], None],
        closed: Callable[[Connection], None],
    ) -> None:
        self._office = office
        self._admission = admission
        self._keys = keys
        self._log = log
        self._idle_timeout = idle_timeout
        self._served = served
        self._opened = opened
        self._closed = closed
        self._connection: Connection | None = None
        self._proven: SftpAccount | None = None
        self._names = self._passwords = self._offered = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        connection = Connection(conn, self._log, self._idle_timeout)
        if not self._admission.enter(connection.address):
            self._office.meter.count("logins_total", door=Door.SFTP, outcome="turned-away")
            conn.abort()
            return
        self._connection = connection
        self._opened(connection)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncssh's signature)
        connection = self._connection
        if connection is None:
            return
        logged_in = connection.account is not None
        self._admission.leave(connection.address, logged_in=logged_in)
        if logged_in:
            self._office.meter.gauge("sftp_sessions", -1)
            connection.log.info("session closed")
        elif self._names:
            self._office.meter.count("logins_total", door=Door.SFTP, outcome="refused")
            connection.log.info("login refused")
        connection.lost()
        self._closed(connection)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 (asyncssh's signature)
        self._proven = None
        self._names += 1
        _limit(self._names, MOST_NAMES)
        return True

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        self._passwords += 1
        _limit(self._passwords, MOST_PASSWORDS)
        try:
            account = await authenticate.password_login(self._office, username, password)
        except Exception as error:
            raise self._unavailable(error) from None
        return self._prove(account)

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Called for a key that is only offered, and again before the signature made with it is checked."""
        self._offered += 1
        _limit(self._offered, MOST_KEYS)
        if not accept_modern_signatures_only(key):
            return False
        try:
            account = await authenticate.sftp_account(self._office, username)
        except Exception as error:
            raise self._unavailable(error) from None
        known = self._keys.of(account) if account else frozenset()
        return key.public_data in known and self._prove(account)

    def auth_completed(self) -> None:
        connection, account = self._connection, self._proven
        assert connection is not None
        assert account is not None
        connection.account = account
        connection.log = connection.log.bind(account=account.id)
        self._admission.logged_in(connection.address)
        self._office.meter.count("logins_total", door=Door.SFTP, outcome="accepted")
        self._office.meter.gauge("sftp_sessions", 1)
        connection.log.info("session opened")
        connection.watch()

    def session_requested(self) -> tuple[asyncssh.SSHServerChannel[bytes], SftpChannel]:
        connection = self._connection
        assert connection is not None
        if len(connection.tasks) >= MOST_CHANNELS:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "Too many channels: close some first")
        channel = connection.ssh.create_server_channel(encoding=None)
        return channel, SftpChannel(self._served(connection), connection.tasks)

    def _prove(self, account: SftpAccount | None) -> bool:
        connection = self._connection
        if account is None or connection is None or not authenticate.admits(account, connection.address):
            return False
        self._proven = account
        return True

    def _unavailable(self, error: Exception) -> asyncssh.DisconnectError:
        log = self._log if self._connection is None else self._connection.log
        if not isinstance(error, UnavailableError):
            errors.internal(error, log, self._office.meter)
        return asyncssh.ServiceNotAvailable("Logging in is not possible at the moment; try again later")


def _limit(done: int, most: int) -> None:
    if done > most:
        raise asyncssh.PermissionDenied("Too many authentication failures")


def _parsed(line: str) -> bytes:
    try:
        return asyncssh.import_public_key(line).public_data
    except asyncssh.KeyImportError:
        return b""
