"""The shape of a file of moves: one model per mapping, spelt as the file spells them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.config.section import Section
from gateway.config.units import Delay, Duration
from gateway.domain.identity import Mode, OrganizationId, Transport
from gateway.domain.moves import WaveSize
from gateway.domain.switches import InFlight
from gateway.domain.windows import DAYS

T = TypeVar("T")

_PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%\Z")
_HOURS: Final = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])\Z")
_MIDNIGHT: Final = (24, 0)


def _percent(text: object) -> float:
    found = _PERCENT.match(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("must be a percentage, for example 2% or 0.5%")
    return float(found[1])


def _share(text: object) -> float:
    """A threshold: from 0% to below 100%, which nothing is over."""
    percent = _percent(text)
    if percent >= 100:
        raise ValueError("must be below 100%: nothing is ever over that")
    return percent / 100


def _size(value: object) -> WaveSize:
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            raise ValueError("must be at least 1")
        return WaveSize(count=value)
    try:
        percent = _percent(value)
    except ValueError:
        raise ValueError("must be a number of subscriptions or a percentage, for example 5 or 10%") from None
    if not 0 < percent <= 100:
        raise ValueError("must be more than 0% and no more than 100%")
    return WaveSize(percent=percent)


def _day(text: object) -> int:
    if text not in DAYS:
        raise ValueError(f"must be one of {', '.join(DAYS)}")
    return DAYS.index(str(text))


def _hours(text: object) -> tuple[time, time | None]:
    """When a window begins and ends; None: at midnight."""
    begins, _, ends = text.partition("-") if isinstance(text, str) else ("", "", "")
    found = _HOURS.match(begins.strip()), _HOURS.match(ends.strip())
    if found[0] is None or found[1] is None:
        raise ValueError('must be from when to when, for example "06:00-12:00"')
    first, last = ((int(one[1]), int(one[2])) for one in found if one)
    if first >= _MIDNIGHT or last > _MIDNIGHT:
        raise ValueError("must be hours of a day: from 00:00 until 24:00")
    if first >= last:
        raise ValueError("never opens: it must end after it begins, on the same day")
    return time(*first), None if last == _MIDNIGHT else time(*last)


def _one_or_many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else (value,)


def _filled(values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise ValueError("must not be empty: leave the key out if it does not matter")
    return values


def _waves(values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise ValueError("must hold at least one wave, for example [{size: 100%}]")
    return values


def _like(pattern: str, message: str) -> AfterValidator:
    """A text that matches the whole pattern, or the message."""
    wanted = re.compile(pattern)

    def check(text: str) -> str:
        if wanted.fullmatch(text) is None:
            raise ValueError(message)
        return text

    return AfterValidator(check)


def _reader(parse: Callable[[object], T]) -> BeforeValidator:
    """Reads a text as something else, which pydantic then takes as it is."""
    return BeforeValidator(parse)


def _organization(text: str) -> str:
    OrganizationId.parse(text)  # raises ValueError that says what is wrong
    return text


def _days(values: tuple[int, ...]) -> tuple[int, ...]:
    if not values:
        raise ValueError("never opens: name at least one day")
    return values


Name = Annotated[
    str, _like("[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "must be a name of up to 100 letters, digits, dots, dashes")
]
Code = Annotated[str, _like(r"[^\s/\\]{1,30}", "must be the code of a process, such as EtatCivil")]
Department = Annotated[str, _like("[0-9]{2,3}|2[AB]", "must be the number of a department, such as 22, 2A or 971")]
Organization = Annotated[str, AfterValidator(_organization)]
Siret = Annotated[str, _like("[0-9]{14}", "must be a SIRET: 14 digits")]
Branch = Annotated[str, _like("[0-9A-Za-z]{1,10}", "must be a branch code: up to 10 letters and digits")]
ListName = Annotated[str, _like(r"[^/\\]{1,250}\.csv", "must be the name of a CSV file beside this one: NAME.csv")]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_one_or_many), AfterValidator(_filled)]
Departments = Annotated[tuple[Department, ...], BeforeValidator(_one_or_many), AfterValidator(_filled)]
Size = Annotated[Any, _reader(_size)]
Share = Annotated[Any, _reader(_share)]


class SubscriberRow(Section):
    """An organization, by SIRET alone or with its branch code; spelt as the hub spells it."""

    model_config = ConfigDict(alias_generator=to_camel)

    company_register: Siret
    branch_code: Branch | None = None


class SubscriptionRow(Section):
    """One subscription: an organization, as SI-SIRET-BRANCH, and the code of a process."""

    organization: Organization
    process: Code


class SelectModel(Section):
    """Which subscriptions: those that fulfil everything given."""

    process: Codes = ()
    mode: Mode | None = None
    transport: Transport | None = None
    department: Departments = ()
    organizations: Annotated[tuple[SubscriberRow, ...], AfterValidator(_filled)] = ()
    exclude: tuple[SubscriberRow, ...] = ()
    subscriptions: Annotated[tuple[SubscriptionRow, ...], AfterValidator(_filled)] = ()
    list: ListName | None = None


class DualRunModel(Section):
    """The rehearsal before the switch."""

    at_least: Duration
    equal_deliveries: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    or_all_within: Duration | None = None


class ViaModel(Section):
    """What comes before the switch."""

    dual_run: DualRunModel


class WaveModel(Section):
    """One wave."""

    size: Size
    pause: Delay = timedelta(0)


class WindowModel(Section):
    """When subscriptions are switched, in local time."""

    days: Annotated[tuple[Annotated[int, _reader(_day)], ...], BeforeValidator(_one_or_many), AfterValidator(_days)] = (
        tuple(range(7))
    )
    hours: Annotated[Any, _reader(_hours)] = (time.min, None)


class StopModel(Section):
    """When the move pauses itself."""

    failed_deliveries_over: Share | None = None
    undelivered_age_over: Duration | None = None
    error_rate_over: Share | None = None


class MoveModel(Section):
    """The whole file."""

    move: Name
    select: SelectModel
    to: Mode
    transport: Transport | None = None
    via: ViaModel | None = None
    in_flight: InFlight = InFlight.CARRY
    drain_for: Duration | None = None
    waves: Annotated[tuple[WaveModel, ...], AfterValidator(_waves)] = ()
    window: WindowModel = WindowModel()
    stop_when: StopModel = StopModel()
    approve: Literal["automatic", "manual"] = "manual"
