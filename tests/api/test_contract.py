"""The published contract: valid, complete, true to the hub's interface files and to the table of operations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from gateway.api import routes
from gateway.api.contract import document
from gateway.api.problems import NATIVE_BASE
from gateway.api.reference import operations, resolved
from tests.api.visitor import Visitor

Json = dict[str, Any]
HUB: dict[str, Json] = json.loads((Path(__file__).parent / "interface" / "hub_v1.json").read_text("utf-8"))
"""What the hub's two interface files say, without their descriptions: one entry per operation."""
SAID = {f"{method.upper()} {path}": operation for method, path, operation in operations(document())}


ON_PURPOSE = {
    "200.externalId: maxLength 30, here 100",  # the hub takes cases of that length, and so gives them back
}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def flat(schema: Json) -> Json:
    """The schema with its references followed and its parts merged, one level deep."""
    schema = {**resolved(document(), schema), **{key: value for key, value in schema.items() if key != "$ref"}}
    found: Json = {key: value for key, value in schema.items() if key not in ("allOf", "anyOf")}
    for part in [*schema.get("allOf", ()), *schema.get("anyOf", ())]:
        inner = flat(part)
        found["properties"] = found.get("properties", {}) | inner.get("properties", {})
        found["required"] = [*found.get("required", []), *inner.get("required", [])]
        for key, value in inner.items():
            found.setdefault(key, value)
    return found


def types(schema: Json) -> set[str]:
    kind = schema.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def differences(hub: Json, ours: Json, where: str) -> Iterator[str]:
    """What a client written for the hub's schema would miss in ours."""
    ours = flat(ours)
    if "type" in hub and hub["type"] not in types(ours) and (hub["type"], types(ours)) != ("number", {"integer"}):
        yield f"{where}: type {hub['type']}, here {types(ours)}"
    if hub.get("nullable") and "null" not in types(ours):
        yield f"{where}: may be null"
    for limit in ("maxLength", "format", "pattern", "readOnly"):
        kept = ours.get(limit)
        if (
            hub.get(limit, "string") != "string"
            and kept != hub[limit]
            and not (limit == "pattern" and kept == f"^{hub[limit]}$")
        ):
            yield f"{where}: {limit} {hub[limit]}, here {kept}"
    for value in hub.get("enum", ()):
        if value not in ours.get("enum", ()):
            yield f"{where}: {value} is missing"
    for name in hub.get("required", ()):
        if name not in ours.get("required", ()) and name in hub.get("properties", {name: None}):
            yield f"{where}.{name}: is required"
    for name, inner in hub.get("properties", {}).items():
        if name not in ours.get("properties", {}):
            yield f"{where}.{name}: is missing"
        else:
            yield from differences(inner, ours["properties"][name], f"{where}.{name}")
    if hub.get("items"):
        yield from differences(hub["items"], ours.get("items", {}), f"{where}[]")


def test_every_operation_of_the_hub_is_there() -> None:
    assert len(HUB) == 26
    assert HUB.keys() - SAID.keys() == set()


@pytest.mark.parametrize("name", HUB)
def test_an_operation_is_what_the_hub_says(name: str) -> None:
    hub, ours = HUB[name], SAID[name]
    found: list[str] = []
    assert ours["operationId"] == hub["operationId"]
    assert sorted(ours["security"][0]["oauth2"]) == hub["scopes"]
    mine = {(each["in"], each["name"]): each for each in (resolved(document(), one) for one in ours["parameters"])}
    for wanted in hub["parameters"]:
        here = mine.get((wanted["in"], wanted["name"]))
        if here is None or here.get("required", False) != wanted["required"]:
            found.append(f"parameter {wanted['name']}: {here}")
        else:
            found += differences(wanted["schema"], here["schema"], f"parameter {wanted['name']}")
    for kind, schema in hub["request"].items():
        content = resolved(document(), ours["requestBody"])["content"]
        found += differences(schema, content[kind]["schema"], "request")
    for status, answer in hub["responses"].items():
        here = resolved(document(), ours["responses"][status])
        found += [f"{status}: header {header}" for header in answer["headers"] if header not in here.get("headers", {})]
        for kind, schema in answer["content"].items():
            content = here["content"].get(kind) or here["content"]["*/*"]
            if schema == "Error":
                assert content["schema"] == {"$ref": "#/components/schemas/Error"}
            else:
                found += differences(schema, content["schema"], status)
    assert [each for each in found if each not in ON_PURPOSE] == []


def test_the_contract_and_the_routes_are_the_same() -> None:
    routed = {
        (method, base + path, frozenset(roles)) for base, table in routes.TABLES for method, path, _, roles in table
    }
    overridden = {("POST", path, roles) for method, path, roles in routed if method == "PATCH" and "/v1/" in path}
    overridden = {each for each in overridden if not each[1].startswith(NATIVE_BASE)}
    said = {
        (*name.split(" ", 1), frozenset(operation.get("security", [{}])[0]["oauth2"]))
        for name, operation in SAID.items()
        if operation.get("security") != []
    }
    assert said == routed | overridden


def test_every_reference_leads_somewhere() -> None:
    for reference in set(references(document())):
        assert resolved(document(), {"$ref": reference}), reference


def test_operation_ids_are_unique_and_tags_known() -> None:
    ids = [operation["operationId"] for operation in SAID.values()]
    assert len(ids) == len(set(ids))
    assert {tag for each in SAID.values() for tag in each["tags"]} <= {tag["name"] for tag in document()["tags"]}


def examples() -> Iterator[tuple[str, Json, Any]]:
    for name, operation in SAID.items():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        answers = [each for status, each in operation["responses"].items() if status.startswith("2")]
        for holder in (*bodies, *answers):
            for kind, content in resolved(document(), holder).get("content", {}).items():
                if kind in ("application/json", "application/x-www-form-urlencoded"):
                    yield f"{name} {kind}", content["schema"], content.get("example")


def test_every_operation_has_an_example_that_keeps_to_its_schema() -> None:
    wrong = []
    for name, schema, example in examples():
        whole = {**schema, "components": document()["components"]}
        faults = jsonschema_rs.Draft202012Validator(whole).iter_errors(example)
        # what is readOnly is required in answers alone
        wrong += [f"{name}: {each.message}" for each in faults if "is a required property" not in each.message]
        assert example is not None, name
    assert wrong == []


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml"])
async def test_the_contract_is_served(visitor: Visitor, path: str) -> None:
    answer = await visitor.raw("GET", path)
    assert answer.status == 200
    assert yaml.safe_load(answer.body) == document()


async def test_the_page_shows_every_operation_and_needs_nothing_from_elsewhere(visitor: Visitor) -> None:
    answer = await visitor.raw("GET", "/docs")
    text = answer.body.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert all(f'id="{operation["operationId"]}"' in text for operation in SAID.values())
    assert "<script" not in text
    assert "src=" not in text
