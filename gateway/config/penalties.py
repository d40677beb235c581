"""What failing to log in again and again leads to."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, model_validator

from gateway.config.section import Count, Section
from gateway.config.units import Duration
from gateway.domain.penalties import PenaltyRules


class Penalties(Section):
    """Waits for who fails to log in, shared by all processes and nodes."""

    after: Count = Field(default=6, description="failures of one account from one address, after which it has to wait")
    first: Duration = Field(
        default=timedelta(seconds=30), description="the first wait, then doubled after each failure (duration)"
    )
    ceiling: Duration = Field(default=timedelta(minutes=15), description="longest wait (duration)")
    forget: Duration = Field(
        default=timedelta(hours=6), description="without a failure for so long, counting starts anew (duration)"
    )
    names: Count = Field(
        default=60, description="so many different names that failed, accounts or not, make their address itself wait"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Penalties:
        if self.ceiling < self.first:
            raise ValueError("ceiling must not be shorter than first")
        return self

    @property
    def rules(self) -> PenaltyRules:
        """The same, as services take it."""
        return PenaltyRules(self.after, self.first, self.ceiling, self.forget, self.names)
