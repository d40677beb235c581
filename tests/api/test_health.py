"""Health and figures over HTTP."""

import asyncio
from datetime import timedelta

import pytest

from gateway.api.metrics import PrometheusMeter
from gateway.api.server import ApiServer
from gateway.domain.errors import UnavailableError
from gateway.services.office import Office
from tests.api.visitor import Visitor


def server_on(office: Office, meter: PrometheusMeter, **changes: object) -> ApiServer:
    async def ready() -> None: ...

    settings: dict[str, object] = {"json_max_size": 1000, "attachment_max_size": 1000, "ready": ready, **changes}
    return ApiServer(office, host="127.0.0.1", port=0, meter=meter, **settings)  # type: ignore[arg-type]  # see above


async def test_a_process_that_answers_lives(visitor: Visitor) -> None:
    answer = await visitor.raw("GET", "/health/live")
    assert (answer.status, answer.json) == (200, {"status": "live"})
    assert (await visitor.raw("HEAD", "/health/live")).status == 200


async def test_a_usable_store_is_ready(visitor: Visitor) -> None:
    answer = await visitor.raw("GET", "/health/ready")
    assert (answer.status, answer.json) == (200, {"status": "ready"})


async def unavailable() -> None:
    raise UnavailableError("The store cannot be used at the moment", timedelta(seconds=7))


async def broken() -> None:
    raise OSError("/srv/secret/path")


async def never() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("ready", "message", "retry"),
    [
        (unavailable, "The store cannot be used at the moment", "7"),
        (broken, "The gateway is not ready", "5"),
        (never, "The gateway is not ready", "5"),
    ],
)
async def test_what_is_not_ready_says_why_without_internals(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, ready: object, message: str, retry: str
) -> None:
    monkeypatch.setattr("gateway.api.health.PATIENCE", 0.0 if ready is never else 5.0)
    other = server_on(visitor.office, PrometheusMeter(), ready=ready)
    await other.open()
    visitor.server = other
    answer = await visitor.raw("GET", "/health/ready")
    assert answer.errors == [{"code": 503, "message": message}]
    assert answer.headers["Retry-After"] == retry
    assert (await visitor.raw("GET", "/health/live")).status == 200
    await other.close()


async def test_figures_are_for_those_who_may_read_them(visitor: Visitor) -> None:
    await visitor.deposit()
    answer = await visitor.raw("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    text = answer.body.decode()
    assert 'gateway_deposits_total{process="EtatCivil"} 1.0' in text
    assert 'gateway_deliveries{mode="API",state="READY"} 1.0' in text
    assert 'gateway_logins_total{door="API",outcome="accepted"} 1.0' in text
    assert 'resource="/teledossiers/v1/folders/{folderId}"' in text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_figures_do_not_pass_through_a_proxy(visitor: Visitor, header: str) -> None:
    answer = await visitor.raw("GET", "/metrics", headers={header: "127.0.0.1"})
    assert answer.errors == [{"code": 404, "message": "Resource is not found"}]


async def test_another_network_finds_no_figures(visitor: Visitor) -> None:
    other = server_on(visitor.office, PrometheusMeter(), metrics_networks=("192.0.2.0/24",))
    await other.open()
    visitor.server = other
    refused = await visitor.raw("GET", "/metrics")
    unknown = await visitor.raw("GET", "/unknown")
    assert (refused.status, refused.body) == (unknown.status, unknown.body)
    await other.close()


async def test_figures_are_shown_without_a_store_too(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(office: Office) -> None:
        raise UnavailableError("away", timedelta(seconds=5))

    monkeypatch.setattr("gateway.services.figures.snapshot", away)
    answer = await visitor.raw("GET", "/metrics")
    assert answer.status == 200
    assert "gateway_store_up 0.0" in answer.body.decode()
