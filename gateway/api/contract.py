"""The published contract of the door: OpenAPI 3.1, kept by hand in the directory interface, put together once."""

from __future__ import annotations

import copy
import json
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import yaml
from aiohttp import web

from gateway.api.problems import NATIVE_BASE
from gateway.api.reference import page

Document = dict[str, Any]
_FIRST: Final = "openapi.yaml"
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})


@lru_cache(maxsize=1)
def document() -> Document:
    """The whole contract. Every operation documents what any request can meet, in the error shape of its part."""
    directory = files("gateway.api") / "interface"
    whole: Document = yaml.safe_load((directory / _FIRST).read_text("utf-8"))
    for part in sorted(directory.iterdir(), key=lambda each: each.name):
        if part.name.endswith(".yaml") and part.name != _FIRST:
            _add(whole, yaml.safe_load(part.read_text("utf-8")), part.name)
    everywhere, with_body = whole.pop("x-everywhere"), whole.pop("x-with-body")
    for path, item in whole["paths"].items():
        shape = "native" if path.startswith(NATIVE_BASE) else "hub"
        for method in _METHODS & item.keys():
            operation = item[method]
            added = everywhere[shape] | (with_body[shape] if "requestBody" in operation else {})
            if operation.get("security") == []:
                added = {status: answer for status, answer in added.items() if status not in ("401", "403")}
            operation["responses"] = copy.deepcopy(added) | operation["responses"]
    return whole


async def as_json(_request: web.Request) -> web.StreamResponse:
    """GET /openapi.json."""
    return web.Response(body=_json(), headers={"Content-Type": "application/json", **_KEPT})


async def as_yaml(_request: web.Request) -> web.StreamResponse:
    """GET /openapi.yaml."""
    return web.Response(body=_yaml(), headers={"Content-Type": "application/yaml", **_KEPT})


async def as_page(_request: web.Request) -> web.StreamResponse:
    """GET /docs: the contract to be read, without script and without anything from elsewhere."""
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return web.Response(
        body=_page(), headers={"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, **_KEPT}
    )


_KEPT: Final = {"Cache-Control": "max-age=300"}


@lru_cache(maxsize=1)
def _json() -> bytes:
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=1)
def _yaml() -> bytes:
    text: str = yaml.dump(document(), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)
    return text.encode()


@lru_cache(maxsize=1)
def _page() -> bytes:
    return page(document()).encode()


class _Plain(yaml.SafeDumper):
    """Writes every value where it stands, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the base class calls it so)
        return True


def _add(whole: Document, part: Document, name: str) -> None:
    """Adds a part's paths and components; two parts never say the same thing twice."""
    groups = [("paths", whole.setdefault("paths", {}), part.get("paths", {}))]
    groups += [
        (kind, whole["components"].setdefault(kind, {}), things) for kind, things in part.get("components", {}).items()
    ]
    for kind, present, added in groups:
        twice = present.keys() & added.keys()
        if twice:
            raise ValueError(f"{name}: {kind} {sorted(twice)} are already there")
        present.update(added)
