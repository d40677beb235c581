"""Calls of native operations, whose errors are problems."""

from __future__ import annotations

import json
from typing import Any

from gateway.api.problems import NATIVE_BASE
from tests.api.visitor import Answer, Visitor


async def native(visitor: Visitor, who: str, method: str, path: str, **options: Any) -> Answer:
    headers = {"Authorization": f"Bearer {await visitor.token(who)}", **options.pop("headers", {})}
    answer = await visitor.raw(method, NATIVE_BASE + path, headers=headers, **options)
    if answer.status >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
    return answer


def faults(answer: Answer) -> list[str]:
    """What a problem says is wrong."""
    body = json.loads(answer.body)
    return [each["detail"] for each in body.get("errors", [body])]
