"""What each client and organization may still ask in this minute, over all processes and nodes.

A process takes a share of the common allowance at a time and spends it from memory: only one request in many writes.
What it took and did not spend is lost with the period, so a limit may be met a little early, never late.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from gateway.domain.errors import TooManyRequestsError
from gateway.domain.rates import Rate
from gateway.services.office import Office

_CAPACITY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How an allowance stands after a request: what remains of it as far as this process knows, seconds to the next."""

    rate: Rate
    remaining: int
    seconds: int


@dataclass(slots=True)
class _Share:
    period: int
    own: int = 0
    others: int = 0
    empty: bool = False


class Allowances:
    """The shares that one process holds."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._shares: dict[str, _Share] = {}
        self._taking = asyncio.Lock()

    async def spend(self, name: str, rate: Rate) -> Standing:
        """Spends one request of the allowance called `name`.

        Raises TooManyRequestsError when it is used up, with the time until the next one.
        """
        now = self._office.clock()
        period = rate.number(now)
        share = self._share(name, period)
        if share.own == 0 and not share.empty:
            async with self._taking:  # one takes for all who wait
                if share.own == 0 and not share.empty:
                    await self._take(name, rate, share)
        left = rate.end(period) - now
        if share.own == 0:
            self._office.meter.count("rate_limited_total", limit=name.partition(":")[0])
            raise TooManyRequestsError("Too many requests: the allowance of this minute is used up", left)
        share.own -= 1
        return Standing(rate, share.own + share.others, max(1, int(left.total_seconds())))

    def _share(self, name: str, period: int) -> _Share:
        share = self._shares.get(name)
        if share is None or share.period != period:
            if len(self._shares) >= _CAPACITY:
                self._shares = {each: held for each, held in self._shares.items() if held.period == period}
                while len(self._shares) >= _CAPACITY:  # the oldest; at most its share is lost
                    self._shares.pop(next(iter(self._shares)))
            share = self._shares[name] = _Share(period)
        return share

    async def _take(self, name: str, rate: Rate, share: _Share) -> None:
        number, wanted, expires_at = share.period, rate.share, rate.end(share.period)
        had, others = await self._office.store.write(
            lambda tx: tx.rates.take(name, number, wanted, rate.limit, expires_at)
        )
        share.own += had
        share.others = others
        share.empty = others == 0 and had == 0
