"""The contract as a page."""

from typing import Any

from gateway.api.reference import operations, page, resolved

SMALL: dict[str, Any] = {
    "info": {"title": "A <door>", "version": "1", "description": "for & by"},
    "tags": [{"name": "Things", "description": "They."}],
    "security": [{"oauth2": []}],
    "paths": {
        "/things/{id}": {
            "get": {
                "operationId": "getThing",
                "tags": ["Things"],
                "summary": "Read <one>",
                "parameters": [{"$ref": "#/components/parameters/id"}],
                "responses": {"200": {"description": "It.", "content": {"application/json": {"example": {"a": "<"}}}}},
            }
        }
    },
    "components": {
        "parameters": {"id": {"name": "id", "in": "path", "required": True}},
        "schemas": {"Thing": {"type": "object"}},
    },
}


def test_what_the_contract_says_is_never_markup() -> None:
    text = page(SMALL)
    assert "A &lt;door&gt; 1" in text
    assert "Read &lt;one&gt;" in text
    assert "<door>" not in text
    assert "<one>" not in text


def test_parameters_are_shown_where_they_are_referred_to() -> None:
    text = page(SMALL)
    assert "<th><code>id</code></th><td>path (required)</td>" in text


def test_references_are_followed() -> None:
    assert resolved(SMALL, {"$ref": "#/components/schemas/Thing"}) == {"type": "object"}
    assert [(method, path) for method, path, _ in operations(SMALL)] == [("get", "/things/{id}")]
