"""Logging in: passwords and public keys, within limits, and the same answers whether an account exists or not."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import asyncssh
from asyncssh.public_key import SSHOpenSSHCertificate
from structlog.typing import FilteringBoundLogger

from gateway.domain.authorized_keys import AuthorizedKey, keys_of
from gateway.domain.errors import UnavailableError
from gateway.domain.identity import Door
from gateway.domain.referential import SftpAccount
from gateway.domain.revocations import Presented
from gateway.domain.sightings import Sighting, mark_of, readable
from gateway.services import authenticate, revocations, sightings
from gateway.services.office import Office
from gateway.sftp_server import certificates, errors, legacy
from gateway.sftp_server.admission import Admission
from gateway.sftp_server.algorithms import accept_signatures
from gateway.sftp_server.channel import Served, SftpChannel, refuse_variables
from gateway.sftp_server.connection import Connection
from gateway.sftp_server.negotiated import negotiated

_KEPT_ACCOUNTS: Final = 20_000


class ParsedKeys:
    """The public keys of accounts, parsed once per version of the account."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, Mapping[bytes, tuple[AuthorizedKey, ...]]]] = OrderedDict()

    def of(self, account: SftpAccount) -> Mapping[bytes, tuple[AuthorizedKey, ...]]:
        """What the account's lines say of each key, by its wire format; a line that is no key counts for nothing."""
        kept = self._kept.get(account.id)
        if kept is None or kept[0] != account.version:
            kept = self._kept[account.id] = (account.version, _parsed(account.public_keys))
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
        self._mark: str | None = None
        self._presented: Presented | None = None
        self._names = self._passwords = self._offered = 0
        self._channels: list[asyncssh.SSHServerChannel[bytes]] = []

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        connection = Connection(conn, self._log, self._idle_timeout)
        if reason := self._admission.enter(connection.address):
            self._refused(reason)
            self._office.meter.count("logins_total", door=Door.SFTP, outcome="turned-away")
            conn.abort()
            return
        self._connection = connection
        self._opened(connection)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncssh's signature)
        connection = self._connection
        if connection is None:
            return
        account = connection.account
        self._admission.leave(connection.address, account.id if account else None)
        if account is not None:
            self._office.meter.gauge("sftp_sessions", -1)
            connection.log.info("session closed")
        elif self._names:
            if self._offered and not self._passwords:
                self._refused("key")
            self._office.meter.count("logins_total", door=Door.SFTP, outcome="refused")
            connection.log.info("login refused")
        connection.lost()
        self._closed(connection)

    def leaving(self) -> None:
        """The client says goodbye."""
        if self._connection is not None:
            self._connection.leaving()

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 (asyncssh's signature)
        self._proven = None
        self._names += 1
        self._limit(self._names, self._admission.limits.names)
        return True

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        self._passwords += 1
        self._limit(self._passwords, self._admission.limits.passwords)
        try:
            account = await authenticate.password_login(self._office, username, password, self._address)
        except Exception as error:
            raise self._unavailable(error) from None
        self._mark = None
        return self._prove(account)

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Called for a key that is only offered, and again before the signature made with it is checked."""
        self._offered += 1
        self._limit(self._offered, self._admission.limits.keys)
        account = await self._account(username)
        # An old signature is looked at from everybody: it proves who it is that `proven` turns away, with the reason.
        if not accept_signatures(key, old=True):
            return False
        lines = self._keys.of(account).get(key.public_data, ()) if account else ()
        now = self._office.clock()
        known = any(line.admits(self._address) and not line.expired(now) for line in lines)
        self._mark = mark_of(key.public_data)
        return known and self._prove(account)

    async def validate_certificate(self, username: str, certificate: SSHOpenSSHCertificate) -> bool:
        """The same for a certificate, whose own signature is right; its key signs in modern ways only."""
        self._offered += 1
        self._limit(self._offered, self._admission.limits.keys)
        account, connection, self._mark = await self._account(username), self._connection, None
        if account is None or connection is None or not accept_signatures(certificate.key):
            return False
        presented = certificates.presented(certificate)
        fault = certificates.fault(certificate, account, connection.address, self._office.clock())
        if fault is None and await self._revoked(presented):
            fault = "revoked"
            self._refused("revoked")
        if fault is not None:
            connection.log.info("certificate refused", account=account.id, serial=presented.serial, reason=fault)
        return fault is None and self._prove(account, presented)

    def proven(self) -> None:
        """Called after the right proof, before the client hears of it. Raises asyncssh.DisconnectError."""
        connection, account = self._connection, self._proven
        assert connection is not None
        assert account is not None
        legacy.check(self._office, connection.log, account, negotiated(connection.ssh))

    def auth_completed(self) -> None:
        connection, account = self._connection, self._proven
        assert connection is not None
        assert account is not None
        if not self._admission.log_in(connection.address, account.id):
            self._refused("account-connections")
            reason = "This account has too many connections: close some first"
            connection.ssh.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, reason)
            return
        connection.account, connection.certificate = account, self._presented
        connection.log = connection.log.bind(account=account.id)
        self._office.meter.count("logins_total", door=Door.SFTP, outcome="accepted")
        self._office.meter.gauge("sftp_sessions", 1)
        connection.log.info("session opened")
        connection.watch()
        task = asyncio.get_running_loop().create_task(sightings.note(self._office, self._seen(connection, account)))
        connection.tasks.add(task)
        task.add_done_callback(connection.tasks.discard)

    def session_requested(self) -> tuple[asyncssh.SSHServerChannel[bytes], SftpChannel]:
        connection = self._connection
        assert connection is not None
        if connection.account is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "Not logged in")
        self._channels = [channel for channel in self._channels if not channel.is_closing()]
        if len(self._channels) >= self._admission.limits.channels:
            self._refused("channels")
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "Too many channels: close some first")
        channel = connection.ssh.create_server_channel(encoding=None)
        refuse_variables(channel)
        self._channels.append(channel)
        return channel, SftpChannel(self._served(connection), connection.tasks)

    async def _account(self, username: str) -> SftpAccount | None:
        try:
            return await authenticate.key_login(self._office, username, self._address)
        except Exception as error:
            raise self._unavailable(error) from None

    async def _revoked(self, presented: Presented) -> bool:
        try:
            return await revocations.revoked(self._office, presented)
        except Exception as error:
            raise self._unavailable(error) from None

    def _prove(self, account: SftpAccount | None, presented: Presented | None = None) -> bool:
        connection = self._connection
        if account is None or connection is None or not authenticate.admits(account, connection.address):
            return False
        self._proven, self._presented = account, presented
        return True

    @property
    def _address(self) -> str:
        return "" if self._connection is None else self._connection.address

    def _seen(self, connection: Connection, account: SftpAccount) -> Sighting:
        spoken, now = negotiated(connection.ssh), self._office.clock()
        version = str(connection.ssh.get_extra_info("client_version", "")).removeprefix("SSH-2.0-")
        legacy_at = now if spoken.legacy else None
        return Sighting(Door.SFTP, account.username, now, readable(version), spoken.text, legacy_at, self._mark)

    def _limit(self, done: int, most: int) -> None:
        if done > most:
            self._refused("attempts")
            raise asyncssh.PermissionDenied("Too many authentication failures")

    def _refused(self, reason: str) -> None:
        self._office.meter.count("logins_refused_total", door=Door.SFTP, reason=reason)

    def _unavailable(self, error: Exception) -> asyncssh.DisconnectError:
        log = self._log if self._connection is None else self._connection.log
        if not isinstance(error, UnavailableError):
            errors.internal(error, log, self._office.meter)
        return asyncssh.ServiceNotAvailable("Logging in is not possible at the moment; try again later")


def _parsed(lines: tuple[str, ...]) -> dict[bytes, tuple[AuthorizedKey, ...]]:
    found: dict[bytes, tuple[AuthorizedKey, ...]] = {}
    for line in keys_of(lines):
        if line.authority:
            continue  # it signs certificates, and logs nobody in by itself
        with suppress(asyncssh.KeyImportError):
            data = asyncssh.import_public_key(line.key).public_data
            found[data] = (*found.get(data, ()), line)
    return found
