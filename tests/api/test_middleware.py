"""What happens around every request."""

import json
from collections.abc import MutableMapping
from typing import Any

import pytest

from tests.api.visitor import BASE, NOWHERE, Visitor, folder_body

Lines = list[MutableMapping[str, Any]]


def access(lines: Lines) -> list[MutableMapping[str, Any]]:
    return [line for line in lines if line["event"] == "request"]


async def test_one_line_tells_of_a_request_by_ids_alone(visitor: Visitor, lines: Lines) -> None:
    folder = await visitor.create()
    case = folder["cases"][0]["id"]
    lines.clear()
    await visitor.call("depot", "GET", f"/cases/{case}?lite=Secret")
    (line,) = lines
    assert line["event"] == "request"
    assert (line["method"], line["resource"], line["status"]) == ("GET", f"{BASE}/cases/{{caseId}}", 200)
    assert line["case"] == case
    assert line["caller"].startswith("OSL-")
    assert line["actor"] == "depot"
    assert line["ms"] >= 0
    assert "Secret" not in str(line)


async def test_no_line_holds_personal_data(visitor: Visitor, lines: Lines) -> None:
    await visitor.deposit()
    await visitor.raw("GET", "/Ångström?Zoé")
    await visitor.call("depot", "GET", "/folders/Ångström")
    await visitor.call("depot", "POST", "/folders", json=folder_body(applicant={"firstName": "Zoé"}))
    text = json.dumps(lines, ensure_ascii=False, default=str)
    assert len(access(lines)) == 9
    assert not any(word in text for word in ("Zoé", "Ångström", "zoe@", "acte.pdf"))


async def test_an_id_joins_answer_and_line(visitor: Visitor, lines: Lines) -> None:
    first = await visitor.raw("GET", "/health/live")
    second = await visitor.raw("GET", "/health/live", headers={"X-Request-Id": "mine"})
    assert [line["request"] for line in access(lines)] == [
        first.headers["X-Request-Id"],
        second.headers["X-Request-Id"],
    ]
    assert len({line["request"] for line in access(lines)} | {"mine"}) == 3


async def test_ids_of_one_request_do_not_stick_to_the_next(visitor: Visitor, lines: Lines) -> None:
    await visitor.call("depot", "GET", f"/cases/{NOWHERE}")
    await visitor.raw("GET", "/health/live")
    assert access(lines)[-2]["case"] == NOWHERE
    assert not {"case", "caller", "actor"} & set(access(lines)[-1])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/live", 200),
        ("GET", "/nowhere", 404),
        ("GET", f"{BASE}/notifications", 401),
        ("PUT", f"{BASE}/notifications", 405),
    ],
)
async def test_every_answer_carries_the_headers_of_caution(
    visitor: Visitor, method: str, path: str, status: int
) -> None:
    answer = await visitor.raw(method, path)
    assert answer.status == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "aiohttp" not in answer.headers["Server"]


async def test_what_nobody_foresaw_tells_its_id_and_nothing_else(
    visitor: Visitor, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("SELECT secret FROM /var/lib")

    monkeypatch.setattr("gateway.services.deposit.read_folder", broken)
    answer = await visitor.call("depot", "GET", f"/folders/{NOWHERE}")
    assert answer.status == 500
    assert answer.messages == [f"Internal server error, reference {answer.headers['X-Request-Id']}"]
    (line,) = [line for line in lines if line["log_level"] == "error"]
    assert line["request"] == answer.headers["X-Request-Id"]
    assert line["folder"] == NOWHERE
    assert 'gateway_errors_total{door="API"} 1.0' in (await visitor.raw("GET", "/metrics")).body.decode()


async def test_an_unknown_method_does_not_make_a_figure(visitor: Visitor) -> None:
    assert (await visitor.raw("PROPFIND", f"{BASE}/notifications")).status == 405
    text = (await visitor.raw("GET", "/metrics")).body.decode()
    assert 'method="other",resource="unmatched",status="405"' in text
    assert "PROPFIND" not in text
