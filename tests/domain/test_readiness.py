"""What speaks for and against a switch, point by point."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.identity import Door, Mode, Transport
from gateway.domain.readiness import RECENT, Credential, Facts, LastRun, Point, Readiness, judge, works
from gateway.domain.referential import SftpAccount, Subscription, SubscriptionStatus
from gateway.domain.sightings import Sighting
from gateway.domain.switches import OpenDeliveries

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
SUBSCRIPTION = Subscription("s", "SI-21350238800019-35238", "EtatCivil", access_mode=Mode.SFTP)
CLIENT = Credential("rennes-api", works=True, seen=Sighting(Door.API, "rennes-api", NOW))
READY = Facts(SUBSCRIPTION, (CLIENT,))
DAY = timedelta(days=1)


def to_the_api(facts: Facts) -> Readiness:
    return judge(facts, Mode.API, Transport.PULL, NOW)


def point(facts: Facts, name: str) -> Point:
    return next(one for one in to_the_api(facts).points if one.name == name)


def test_every_point_has_its_own_name_and_a_reason() -> None:
    found = to_the_api(READY)
    assert (found.go, found.against) == (True, "")
    assert len({one.name for one in found.points}) == len(found.points)
    assert all(one.reason for one in found.points)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"clients": ()}, "no enabled client of the API with a secret: create one and hand it over"),
        ({"clients": (replace(CLIENT, works=False),)}, "no enabled client"),
        ({"clients": (replace(CLIENT, seen=None),)}, "rennes-api: never used, let the subscriber log in once"),
        ({"open": OpenDeliveries(1, 0, 1)}, "1 deliveries are pinned by an earlier drain: let it end"),
        ({"move": "bretagne"}, "the move bretagne has not done with it"),
        ({"subscription": replace(SUBSCRIPTION, access_mode=Mode.API)}, "in mode API already"),
        ({"subscription": replace(SUBSCRIPTION, end_at=NOW)}, "the subscription is Inactif: activate it first"),
        ({"subscription": replace(SUBSCRIPTION, status=SubscriptionStatus.REFUSED)}, "is Refusé"),
        (
            {"last_run": LastRun("r", Mode.API, 1, NOW, over=True, equal=9, different=1, example="A-1.zip: bytes")},
            "the two systems differed in the rehearsal of 2026-03-02: equal 9, different 1, pending 0 (A-1.zip: bytes)",
        ),
    ],
)
def test_one_no_go_is_enough(changes: dict[str, Any], reason: str) -> None:
    found = to_the_api(replace(READY, **changes))
    assert not found.go
    assert reason in found.against


def test_a_credential_that_nobody_used_of_late_has_to_be_tried_again() -> None:
    facts = replace(READY, clients=(replace(CLIENT, seen=Sighting(Door.API, "rennes-api", NOW - RECENT)),))
    assert to_the_api(facts).go
    facts = replace(READY, clients=(replace(CLIENT, seen=Sighting(Door.API, "rennes-api", NOW - RECENT - DAY)),))
    assert to_the_api(facts).against == "rennes-api was last seen 91 d ago: let the subscriber try it again"


def test_many_credentials_are_not_all_named() -> None:
    clients = tuple(replace(CLIENT, name=f"client-{number}") for number in range(5))
    reason = point(replace(READY, clients=clients), "credentials").reason
    assert reason == "client-0, client-1, client-2 and 2 more: enabled"


@pytest.mark.parametrize(
    ("last_run", "ok"),
    [
        (None, None),
        (LastRun("r", Mode.API, 1, NOW, pending=4), None),
        (LastRun("r", Mode.API, 1, NOW, equal=20, pending=4), True),
        (LastRun("r", Mode.API, 1, NOW, equal=20, different=1), False),
        (LastRun("r", Mode.API, 2, NOW, equal=20, different=1), None),
        (LastRun("r", Mode.SFTP, 1, NOW, equal=20, different=1), None),
    ],
)
def test_the_rehearsal_counts_for_its_mode_and_epoch(last_run: LastRun | None, ok: bool | None) -> None:
    assert point(replace(READY, last_run=last_run), "rehearsal").ok is ok


def test_a_plan_leaves_time_to_try_the_credential() -> None:
    untried = to_the_api(replace(READY, clients=(replace(CLIENT, seen=None),)))
    assert (untried.go, untried.against_planning) == (False, "")
    assert to_the_api(replace(READY, clients=())).against_planning.startswith("no enabled client")


def test_skipped_statuses_inform() -> None:
    assert point(replace(READY, answered=4), "statuses").ok is True
    found = point(replace(READY, answered=4, inserted=1), "statuses")
    assert (found.ok, found.reason.endswith("in 1 of 4 cases (25 %)")) == (None, True)


def test_nobody_logs_in_where_the_gateway_pushes() -> None:
    pushed = replace(SUBSCRIPTION, transport=Transport.PUSH)
    assert point(replace(READY, subscription=pushed), "present").reason == "the gateway pushes: nobody logs in"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"password_hash": "hash"}, True),
        ({"password_hash": "hash", "enabled": False}, False),
        ({"password_hash": "hash", "username": "push:server"}, False),
        ({"password_hash": "hash", "password_until": date(2026, 3, 2)}, True),
        ({"password_hash": "hash", "password_until": date(2026, 3, 1)}, False),
        ({"public_keys": ("ssh-ed25519 AAAA",)}, True),
        ({"public_keys": ('expiry-time="20260301" ssh-ed25519 AAAA',)}, False),
        ({"public_keys": ("no key at all",)}, False),
        ({"authorities": ("cert-authority ssh-ed25519 AAAA",)}, True),
    ],
)
def test_an_account_works_while_something_of_it_holds(changes: dict[str, Any], expected: bool) -> None:
    account = replace(SftpAccount("a", "SI-21350238800019-35238", "rennes"), **changes)
    assert works(account, NOW, PARIS) is expected
