"""How much one account may have lying in out/ before it is taken in, uploads under way included."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.errors import ConflictError
from gateway.domain.identity import Caller
from gateway.services import returns
from gateway.services.office import Office


@dataclass(frozen=True, slots=True)
class Quota:
    """Of one account. `size` in bytes and `files`: all that is not taken in; `uploads`: files open for writing."""

    size: int = 20 * 2**30
    files: int = 10_000
    uploads: int = 200


@dataclass(slots=True)
class _Held:
    """What an account has, as far as this process knows: kept ones as of the latest opening, and those open here."""

    kept: int = 0
    files: int = 0
    size: int = 0
    uploads: int = 0


class Quotas:
    """Those of all accounts with uploads under way in this process."""

    def __init__(self, office: Office, quota: Quota | None = None) -> None:
        self._office = office
        self.quota = quota or Quota()
        self._held: dict[str, _Held] = {}

    async def begin(self, caller: Caller) -> Share:
        """One more upload of the caller's account. Raises ConflictError when it has too many files or bytes."""
        account = caller.account
        assert account is not None, "only SFTP accounts upload"
        share = Share(self, account, self._held.setdefault(account, _Held()))
        try:
            held = await returns.held(self._office, caller)
            share.held.kept, share.held.files = held.size, held.files
            if share.held.uploads > self.quota.uploads:
                raise self.refused("uploads")
            if share.held.files + share.held.uploads > self.quota.files:
                raise self.refused("files")
            share.grow(0)
        except BaseException:
            share.end()
            raise
        return share

    def refused(self, reason: str) -> ConflictError:
        """Counts a refusal, and says what to do."""
        self._office.meter.count("uploads_refused_total", reason=reason)
        quota = self.quota
        french, english = {
            "uploads": (f"{quota.uploads} dépôts en cours", f"{quota.uploads} uploads under way"),
            "files": (f"{quota.files} fichiers qui attendent", f"{quota.files} files waiting"),
            "size": (f"{quota.size} octets qui attendent", f"{quota.size} bytes waiting"),
        }[reason]
        return ConflictError(
            f"Ce compte a déjà {french} : terminez ou supprimez des dépôts, ou attendez qu'ils soient pris en compte / "
            f"This account has {english} already: finish or delete uploads, or wait until they are taken in"
        )

    def forget(self, account: str) -> None:
        """Forgets an account that has nothing under way."""
        if account in self._held and not self._held[account].uploads:
            del self._held[account]


class Share:
    """What one upload under way has of its account's quota."""

    def __init__(self, quotas: Quotas, account: str, held: _Held) -> None:
        self._quotas = quotas
        self._account = account
        self.held = held
        self._size = 0
        held.uploads += 1

    def grow(self, size: int) -> None:
        """It is to have that many bytes. Raises ConflictError when the account would have too many."""
        held, more = self.held, size - self._size
        if more >= 0 and held.kept + held.size + more > self._quotas.quota.size:
            raise self._quotas.refused("size")
        held.size += more
        self._size = size

    def end(self, *, kept: bool = False) -> None:
        """It is over; `kept`: its file waits in out/ now."""
        held = self.held
        held.uploads -= 1
        held.size -= self._size
        if kept:
            held.kept += self._size
            held.files += 1
        self._quotas.forget(self._account)
