"""Tags of what was read, and what depends on them: `If-None-Match` on reads, `If-Match` on changes (RFC 9110).

Tags are strong: they are made of the body that was answered. A change whose tag is not the present one is answered 409,
as every other change that met another state.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from gateway.api import parameters, rendering
from gateway.services.precondition import Precondition

_TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\U0010ffff]*")')


def tag(text: str) -> str:
    """The tag of a body."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def answer(request: web.Request, text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """200 with the body, `headers` that are of the state too, and the tag of both, or 304 for a client that has it."""
    said = headers or {}
    mark = tag("\n".join((text, *said.values())))
    if known(request, mark):
        return not_modified(mark)
    return rendering.json_response(text, headers={**said, "ETag": mark})


def known(request: web.Request, mark: str) -> bool:
    """Whether the client says that it has what the tag stands for."""
    asked = ",".join(request.headers.getall("If-None-Match", ()))
    return asked.strip() == "*" or mark in (found[1] for found in _TAG.findall(asked))


def not_modified(mark: str) -> web.Response:
    """304 with the tag."""
    return web.Response(status=304, headers={"ETag": mark})


def expected(request: web.Request, *renders: Callable[[Any], str]) -> Precondition | None:
    """What `If-Match` wants of the object, or None when it is not sent. `renders`: every form in which it is read.

    Raises InvalidRequestError when the header is no list of tags.
    """
    marks = parameters.if_match(request)
    if marks is None or "*" in marks:
        return None
    return Precondition(lambda view: any(tag(render(view)) in marks for render in renders))
