"""The contract as a page for people: one section per tag, one fold per operation. No script, nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final

Document = dict[str, Any]
_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options")
_STYLE: Final = """
:root{color-scheme:light dark;--line:#8886;--soft:#8882}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
nav a{margin-right:1rem}
details{border:1px solid var(--line);border-radius:.4rem;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}summary code{font-size:1rem}
.m{display:inline-block;min-width:4.5rem;font-weight:700;text-transform:uppercase}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;border-top:1px solid var(--line);padding:.25rem .5rem .25rem 0}
pre{background:var(--soft);padding:.6rem;overflow:auto;border-radius:.3rem}
"""


def page(document: Document) -> str:
    """HTML of the whole contract."""
    info = document["info"]
    title = escape(f"{info['title']} {info['version']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><header><h1>{title}</h1>"
        f"<p>{escape(info['description'])}</p>"
        f'<p>As a document: <a href="/openapi.json">JSON</a>, <a href="/openapi.yaml">YAML</a>.</p>'
        f"<nav>{''.join(_links(document))}</nav></header><main>{''.join(_sections(document))}"
        f'<h2 id="schemas">Schemas</h2>{"".join(_schemas(document))}</main></body></html>'
    )


def resolved(document: Document, value: Document) -> Document:
    """What a reference leads to, or the value itself."""
    while "$ref" in value:
        found: Any = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Method, path and operation of everything that can be asked."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method, path, item[method]


def _links(document: Document) -> Iterator[str]:
    for tag in document["tags"]:
        yield f'<a href="#{escape(tag["name"])}">{escape(tag["name"])}</a> '
    yield '<a href="#schemas">Schemas</a>'


def _sections(document: Document) -> Iterator[str]:
    for tag in document["tags"]:
        name = escape(tag["name"])
        yield f'<section><h2 id="{name}">{name}</h2><p>{escape(tag["description"])}</p>'
        for method, path, operation in operations(document):
            if operation["tags"][0] == tag["name"]:
                yield _operation(document, method, path, operation)
        yield "</section>"


def _operation(document: Document, method: str, path: str, operation: Document) -> str:
    security = operation["security"] if "security" in operation else document["security"]
    scopes = [scope for each in security for scope in each["oauth2"]]
    parts: list[str] = [
        f'<details id="{escape(operation["operationId"])}"><summary><span class="m">{method}</span> '
        f"<code>{escape(path)}</code> {escape(operation['summary'])}</summary>"
    ]
    if operation.get("description"):
        parts.append(f"<p>{escape(operation['description'])}</p>")
    parts.append(f"<p>Roles: {escape(', '.join(scopes)) or 'no token needed'}</p>")
    parts += _parameters(document, operation)
    body = operation.get("requestBody")
    if body:
        parts.append("<h4>Body</h4>")
        parts += _contents(resolved(document, body))
    parts.append("<h4>Answers</h4><table>")
    for status in sorted(operation["responses"]):
        answer = resolved(document, operation["responses"][status])
        parts.append(f"<tr><th>{status}</th><td>{escape(answer['description'])}{''.join(_contents(answer))}</td></tr>")
    parts.append("</table></details>")
    return "".join(parts)


def _parameters(document: Document, operation: Document) -> Iterator[str]:
    found = [resolved(document, each) for each in operation.get("parameters", [])]
    if not found:
        return
    yield "<h4>Parameters</h4><table>"
    for each in found:
        required = " (required)" if each.get("required") else ""
        yield (
            f"<tr><th><code>{escape(each['name'])}</code></th><td>{each['in']}{required}</td>"
            f"<td>{escape(each.get('description', ''))}</td></tr>"
        )
    yield "</table>"


def _contents(holder: Document) -> Iterator[str]:
    for kind, content in holder.get("content", {}).items():
        yield f"<p><code>{escape(kind)}</code> {_named(content.get('schema', {}))}</p>"
        if "example" in content:
            yield f"<pre>{escape(_text(content['example']))}</pre>"


def _named(schema: Document) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    if schema.get("type") == "array":
        return f"list of {_named(schema['items'])}"
    return ""


def _schemas(document: Document) -> Iterator[str]:
    for name, schema in document["components"]["schemas"].items():
        yield (
            f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
            f"<pre>{escape(_text(schema))}</pre></details>"
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
