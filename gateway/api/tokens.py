"""Access tokens by client credentials (hub v1, Token): HTTP Basic or body, form or JSON, errors as OAuth words them.

They are given back by RFC 7009: the client proves itself in the same ways.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import parse_qsl, unquote_plus

from aiohttp import web

from gateway.api import limits
from gateway.api.context import office_of
from gateway.api.reading import read
from gateway.domain.errors import InvalidRequestError, UnauthorizedError
from gateway.services import authenticate
from gateway.services.authenticate import Grant

T = TypeVar("T")
_MOST: Final = 16 * 1024
_LONGEST: Final = 1024
_FORM: Final = "application/x-www-form-urlencoded"


class _OAuthError(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}
        self.status = status


async def issue(request: web.Request) -> web.StreamResponse:
    """POST /token: 200 with a bearer token; 400 or 401 with `error` and `error_description`."""
    try:
        grant = await _grant(request)
    except _OAuthError as error:
        return _refused(error)
    body = {
        "access_token": grant.token,
        "token_type": "Bearer",
        "expires_in": grant.expires_in,
        "scope": str(grant.role),
    }
    return _answer(body, 200, {})


async def revoke(request: web.Request) -> web.StreamResponse:
    """POST /oauth2/revoke: 200 whether there was such a token or not; 400 or 401 as at the token endpoint."""
    try:
        asked = _parameters(request.content_type, await read(request, _MOST))
        token = asked.get("token")
        if not token:
            raise _OAuthError("invalid_request", "token is missing")
        office = office_of(request)
        await _as_client(
            request,
            asked,
            lambda client, secret: authenticate.revoke_token(office, client, secret, token, address=request.remote),
        )
    except _OAuthError as error:
        return _refused(error)
    return _answer({}, 200, {})


async def _grant(request: web.Request) -> Grant:
    asked = _parameters(request.content_type, await read(request, _MOST))
    grant_type = asked.get("grant_type")
    if not grant_type:
        raise _OAuthError("invalid_request", "grant_type is missing")
    if grant_type != "client_credentials":
        raise _OAuthError("unsupported_grant_type", "grant_type must be client_credentials")
    office = office_of(request)
    scope = asked.get("scope", "")
    try:
        return await _as_client(
            request,
            asked,
            lambda client, secret: authenticate.grant_token(
                office, client, secret, scope, address=request.remote, software=_software(request)
            ),
        )
    except InvalidRequestError as error:
        raise _OAuthError("invalid_scope", error.message) from None


def _software(request: web.Request) -> str:
    """What the client says of itself: its editor's names where it gives them, and its HTTP library."""
    headers = request.headers
    said = (
        headers.get(name, "").strip() for name in ("editorName", "applicationName", "softwareVersion", "User-Agent")
    )
    return " ".join(filter(None, said))


async def _as_client(request: web.Request, asked: Mapping[str, str], verb: Callable[[str, str], Awaitable[T]]) -> T:
    """What `verb` makes of the first reading of the request's credentials that proves a client."""
    candidates = _credentials(request, asked)
    await limits.admit_token_request(request, candidates[0][0])
    for last, (client_id, secret) in enumerate(candidates, 1 - len(candidates)):
        try:
            return await verb(client_id, secret)
        except UnauthorizedError as error:
            if last == 0:
                raise _OAuthError("invalid_client", error.message, 401) from None
    raise _OAuthError("invalid_client", "Client credentials are missing", 401)


def _parameters(content_type: str, raw: bytes) -> Mapping[str, str]:
    try:
        text = raw.decode()
        if content_type == "application/json":
            pairs = list(_strings(json.loads(text)).items())
        elif content_type == _FORM:
            pairs = parse_qsl(
                text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=20, errors="strict"
            )
        else:
            raise _OAuthError("invalid_request", f"Content-Type must be {_FORM} or application/json")
    except (ValueError, RecursionError):
        raise _OAuthError("invalid_request", "The body cannot be read") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _OAuthError("invalid_request", "A parameter is given twice")
    if any(len(value) > _LONGEST or "\0" in value for value in found.values()):
        raise _OAuthError("invalid_request", "A parameter is too long or holds a character that is not allowed")
    return found


def _strings(body: object) -> dict[str, str]:
    """Raises ValueError unless it is an object; what is no valid string is as good as not given."""
    if not isinstance(body, dict):
        raise ValueError("no object")
    strings = {name: value for name, value in body.items() if isinstance(value, str)}
    for value in strings.values():
        value.encode()  # a lone surrogate is a ValueError
    return strings


def _credentials(request: web.Request, asked: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs of client id and secret to try. HTTP Basic wins over the body.

    Some clients form-encode what they put into HTTP Basic, as the standard says, most do not: where it makes a
    difference, both readings are tried.
    """
    header = request.headers.get("Authorization")
    if header is None:
        if "client_id" in asked and "client_secret" in asked:
            return [(asked["client_id"], asked["client_secret"])]
        raise _OAuthError("invalid_client", "Give client_id and client_secret, in the body or by HTTP Basic", 401)
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon or len(text) > 2 * _LONGEST or "\0" in text:
        raise _OAuthError("invalid_client", "The Authorization header is not HTTP Basic", 401)
    decoded = (unquote_plus(client_id), unquote_plus(secret))
    return [(client_id, secret)] if "%" not in text or "\0" in "".join(decoded) else [(client_id, secret), decoded]


def _refused(error: _OAuthError) -> web.Response:
    headers = {"WWW-Authenticate": 'Basic realm="gateway"'} if error.status == 401 else {}
    return _answer(error.body, error.status, headers)


def _answer(body: Mapping[str, object], status: int, headers: Mapping[str, str]) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache", **headers},
    )
