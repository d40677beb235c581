"""A connection up to its login: whose it is, which algorithms it may use, and how the client proves itself.

asyncssh decides these before it asks anybody; what is overridden here are the places where it does. Its tests say when
a new version has moved them.
"""

from __future__ import annotations

import asyncio
import fcntl
import struct
import termios
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import asyncssh
from asyncssh.constants import MSG_DISCONNECT, MSG_KEXINIT
from asyncssh.packet import SSHPacket, String, UInt32
from asyncssh.public_key import SSHOpenSSHCertificate, decode_ssh_certificate
from structlog.typing import FilteringBoundLogger

from gateway.sftp_server import algorithms, announcing, proxy
from gateway.sftp_server.algorithms import RSA_HOST_SIGNATURES, Lists
from gateway.sftp_server.negotiated import OLD_SIGNATURE
from gateway.sftp_server.offers import Offer, Offers

PATIENCE: Final = 2.0
"""Seconds that a client is given to show its algorithms first, while old ones may have to be offered."""

_ON_PURPOSE: Final = UInt32(asyncssh.DISC_BY_APPLICATION)
"""How a client's goodbye begins that is no complaint."""


class Handshake(asyncssh.SSHServerConnection):
    """asyncssh's connection, with offers that change while it listens and with PROXY headers of `balancers`."""

    def __init__(
        self,
        options: asyncssh.SSHServerConnectionOptions,
        offers: Offers,
        balancers: Sequence[proxy.Network],
        log: FilteringBoundLogger,
        turned_away: Callable[[], None],
    ) -> None:
        super().__init__(asyncio.get_running_loop(), options)
        self._offers = offers
        self._offer: Offer | None = None
        self._balancers = balancers
        self._log = log
        self._turned_away = turned_away
        self._source: tuple[str, int] | None = None
        self._balanced: asyncio.Transport | None = None
        self._header = b""
        self._written = 0
        self._heard = self._loop.time()
        self._patience: asyncio.TimerHandle | None = None
        self._header_time: asyncio.TimerHandle | None = None

    def _send(self, data: bytes) -> None:
        self._written += len(data)
        super()._send(data)

    def written(self) -> int | None:
        """How many bytes were sent; None while packets wait for the end of a key exchange."""
        return None if self._deferred_packets else self._written

    def acknowledged(self) -> int | None:
        """How many of the bytes sent the client's machine has acknowledged; None where that cannot be told.

        Behind a balancer it cannot: the balancer acknowledges what its client may never get.
        """
        if self._transport is None or self._source is not None:
            return None
        sock = self._transport.get_extra_info("socket")
        try:
            (under_way,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))
        except OSError:
            return None
        return self._written - self._transport.get_write_buffer_size() - int(under_way)

    # Whether the client is still there

    def _reset_keepalive_timer(self) -> None:
        """Notes only when something came: asyncssh would make a new timer with whatever does."""
        self._heard = self._loop.time()

    def _keepalive_timer_callback(self) -> None:
        silent = self._loop.time() - self._heard
        interval = float(self._keepalive_interval)
        if silent < interval:
            self._keepalive_timer = self._loop.call_later(interval - silent, self._keepalive_timer_callback)
        else:
            super()._keepalive_timer_callback()

    # Whose connection it is

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if not (self._balancers and proxy.trusts(self._balancers, address)):
            super().connection_made(transport)
            return
        self._balanced = cast(asyncio.Transport, transport)
        self._header_time = self._loop.call_later(proxy.TIME, self._refuse_header, "the header did not come in time")

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        transport = self._balanced
        if transport is None:
            super().data_received(data, datatype)
            return
        self._header += data
        try:
            header = proxy.parse(self._header)
        except proxy.ProxyHeaderError as error:
            self._refuse_header(str(error))
            return
        if header is None:
            return
        self._forget_header()
        if header.source is not None:
            self._source = header.source
            self.set_extra_info(peername=header.source)
        rest, self._header = self._header[header.size :], b""
        super().connection_made(transport)
        if rest:
            super().data_received(rest, datatype)

    def eof_received(self) -> None:
        if self._balanced is None:
            super().eof_received()
        # What came without a header ends without a word: asyncio closes it.

    def connection_lost(self, exc: Exception | None = None) -> None:
        if self._balanced is None:
            super().connection_lost(exc)
        else:
            self._forget_header()
            self._cancel_login_timer()

    def _connection_made(self) -> None:
        if self._source is not None:
            self._peer_addr, self._peer_port = self._source
        super()._connection_made()

    def _refuse_header(self, reason: str) -> None:
        transport = self._balanced
        if transport is not None:
            balancer = str((transport.get_extra_info("peername") or ("",))[0])
            self._log.warning("connection of a balancer refused", balancer=balancer, reason=reason)
            self._turned_away()
            transport.abort()

    def _forget_header(self) -> None:
        self._balanced = None
        if self._header_time is not None:
            self._header_time.cancel()

    # Which algorithms it may use

    def _send_kexinit(self) -> None:
        if self._offer is None:
            if not self._offers.fresh or self._offers.offer.legacy:
                self._patience = self._loop.call_later(PATIENCE, self._send_first)
                return
            self._take(self._offers.offer, None)
        super()._send_kexinit()

    def _send_first(self) -> None:
        """The client waits for our lists."""
        if self._offer is None and self._transport is not None:
            self._take(self._offers.offer, None)
            super()._send_kexinit()

    async def _process_kexinit(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        if self._offer is None:
            offer = await self._offers.current()
            if self._offer is None:
                self._take(offer, algorithms.lists_of(packet.get_remaining_payload()))
                super()._send_kexinit()
        await super()._process_kexinit(pkttype, pktid, packet)

    def _process_disconnect(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        owner = cast(Any, self._owner)
        if owner is not None and packet.get_remaining_payload().startswith(_ON_PURPOSE):
            owner.leaving()
        super()._process_disconnect(pkttype, pktid, packet)

    _packet_handlers = asyncssh.SSHServerConnection._packet_handlers | {
        MSG_KEXINIT: _process_kexinit,
        MSG_DISCONNECT: _process_disconnect,
    }

    def _take(self, offer: Offer, client: Lists | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._offer = offer
        lists = algorithms.for_old_clients(offer.lists, client) if offer.legacy else offer.lists
        self._kex_algs, self._enc_algs, self._mac_algs = lists.key_exchanges, lists.encryptions, lists.macs
        self._server_host_key_algs = lists.host_keys
        if offer.legacy:
            self._sig_algs = [*self._sig_algs, OLD_SIGNATURE.encode()]
        self._server_host_keys = cast(Any, {name: offer.pairs[name] for name in lists.host_keys})

    def send_newkeys(self, k: bytes, h: bytes) -> None:
        directions = ((self._enc_alg_cs, self._mac_alg_cs), (self._enc_alg_sc, self._mac_alg_sc))
        if not self._strict_kex and any(algorithms.needs_strict_kex(*pair) for pair in directions):
            raise asyncssh.KeyExchangeFailed("These algorithms need strict key exchange: update your software")
        assert self._kex is not None
        self.set_extra_info(kex=self._kex.algorithm.decode())
        super().send_newkeys(k, h)

    def choose_server_host_key(self, peer_host_key_algs: Sequence[bytes]) -> bool:
        chosen = next((name for name in peer_host_key_algs if name in self._server_host_keys), b"")
        self.set_extra_info(host_key=chosen.decode())
        return super().choose_server_host_key(peer_host_key_algs)

    async def reload_config(self) -> None:
        """Nothing: the options of this door do not depend on who logs in."""

    # How the client proves itself

    async def _validate_client_certificate(self, username: str, key_data: bytes) -> asyncssh.SSHKey | None:
        try:
            certificate = decode_ssh_certificate(key_data)
        except asyncssh.KeyImportError:
            return None
        if not isinstance(certificate, SSHOpenSSHCertificate):
            return None
        owner = cast(Any, self._owner)
        if owner is None or not await owner.validate_certificate(username, certificate):
            return None
        certificate.key.set_touch_required(True)
        return certificate.key

    async def validate_public_key(self, username: str, key_data: bytes, msg: bytes, signature: bytes) -> bool:
        proven = await super().validate_public_key(username, key_data, msg, signature)
        if proven and msg:
            self.set_extra_info(signature=SSHPacket(signature).get_string().decode())
        return proven

    async def send_userauth_success(self) -> None:
        owner = cast(Any, self._owner)
        if owner is not None:
            owner.proven()
        await super().send_userauth_success()

    # Which keys the door has and will have

    def send_server_host_keys(self) -> None:
        if self._offer is not None and announcing.understands(self._client_version):
            keys = [String(data) for data in dict.fromkeys(key.public_data for key in self._offer.keys)]
            self._send_global_request(announcing.ANNOUNCE, *keys)

    def _process_hostkeys_prove_00_at_openssh_dot_com_global_request(self, packet: SSHPacket) -> None:
        assert self._offer is not None
        chosen = str(self.get_extra_info("host_key", "")).encode()
        rsa = chosen if chosen in (*RSA_HOST_SIGNATURES, OLD_SIGNATURE.encode()) else RSA_HOST_SIGNATURES[0]
        self._report_global_response(announcing.prove(packet, self._offer.keys, self._session_id, rsa) or False)
