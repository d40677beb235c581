"""Parameters of path, query and headers.

Whoever finds a fault in one of them tells of every fault in the request's parameters, each with its place.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, TypeVar

import structlog
from aiohttp import web

from gateway.api.problems import native
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Partner
from gateway.domain.ids import canonical_id

MOST_NOTIFICATIONS: Final = 1000
DEFAULT_NOTIFICATIONS: Final = 25
_NAMES: Final = {
    "folderId": "folder",
    "caseId": "case",
    "eventId": "event",
    "attachmentId": "attachment",
    "notificationId": "notification",
    "callId": "outgoing",
    "uploadId": "upload",
    "subscriptionId": "subscription",
}
_PARTNER: Final = ("editorName", "applicationName", "softwareVersion")
_PARTNER_LENGTH: Final = 50
_PROCESS_LENGTH: Final = 30
_LITE_LENGTH: Final = 14
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_DIGEST_PREFIX: Final = re.compile(r"sha-256=", re.IGNORECASE)
_SHOWN: Final = 60
_TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e]*")')
_TAGS: Final = re.compile(rf"{_TAG.pattern}([ \t]*,[ \t]*{_TAG.pattern})*")
T = TypeVar("T")


def path_ids(request: web.Request, *names: str) -> tuple[str, ...]:
    """The canonical ids of the path, in the order asked for; the log lines of this request carry them from now on."""
    found = _sound(request, lambda request: _ids(request, names))
    structlog.contextvars.bind_contextvars(**{_NAMES[name]: value for name, value in zip(names, found, strict=True)})
    return tuple(found)


def most(request: web.Request) -> int:
    """`maxResult` of the query: 25 when it is not given, never more than MOST_NOTIFICATIONS."""
    return _sound(request, _most)


def process_codes(request: web.Request, name: str) -> tuple[str, ...]:
    """A list of process codes of the query, repeated or comma-joined."""
    return _sound(request, lambda request: _process_codes(request, name))


def flag(request: web.Request, name: str) -> bool:
    """Whether a switch of the query is `true`."""
    return _sound(request, lambda request: _flag(request, name))


def partner(request: web.Request) -> tuple[Partner | None, Sequence[str]]:
    """The client software as its headers name it, or None, and the faults of these headers."""
    headers = request.headers
    if not any(name in headers for name in _PARTNER):
        return None, ()
    values = [_header_text(headers.get(name)) for name in _PARTNER]
    faults = [
        f"@header.{name}: must be at most {_PARTNER_LENGTH} printable characters"
        for name, value in zip(_PARTNER, values, strict=True)
        if value is not None and (len(value) > _PARTNER_LENGTH or not value.isprintable())
    ]
    return (None, faults) if faults else (Partner(*values), ())


def digest(request: web.Request) -> bytes | None:
    """The SHA-256 of the `digest` header: bare base64 as the hub wants it, or after `SHA-256=` as RFC 3230 has it."""
    return _sound(request, _digest)


def sha256_of(text: str) -> bytes:
    """The same of its value. Raises ValueError when it is none."""
    value = base64.b64decode(_DIGEST_PREFIX.sub("", text.strip(), count=1), validate=True)
    if len(value) != 32:
        raise ValueError("not the length of a SHA-256")
    return value


def idempotency_key(request: web.Request) -> str | None:
    """The `Idempotency-Key` header: up to 255 visible ASCII characters."""
    return _sound(request, _idempotency_key)


def if_match(request: web.Request) -> frozenset[str] | None:
    """The strong tags of `If-Match`, or `*`; None when it is not sent. A weak tag is never the present one."""
    return _sound(request, _if_match)


def every_fault(request: web.Request) -> tuple[str, ...]:
    """What is wrong with any parameter of the request, in the order path, query, headers."""
    found: list[str] = []
    for check in _checks(request):
        try:
            check(request)
        except InvalidRequestError as error:
            found += error.faults
    return (*found, *partner(request)[1])


def _sound(request: web.Request, check: Callable[[web.Request], T]) -> T:
    try:
        return check(request)
    except InvalidRequestError as error:
        raise InvalidRequestError(*dict.fromkeys((*every_fault(request), *error.faults))) from None


def _checks(request: web.Request) -> Iterator[Callable[[web.Request], object]]:
    yield lambda request: _ids(request, [name for name in request.match_info if name in _NAMES])
    if request.method == "GET" and not native(request):
        yield _most
        for name in ("processCode", "processPriority"):
            yield partial(_process_codes, name=name)
        for name in ("eventDetails", "lite"):
            yield partial(_flag, name=name)
    if request.method == "PUT":
        yield _digest
    if request.method in ("POST", "PATCH"):
        yield _idempotency_key
    if request.method in ("POST", "PATCH", "PUT"):
        yield _if_match


def _ids(request: web.Request, names: Iterable[str]) -> list[str]:
    found: list[str] = []
    faults: list[str] = []
    for name in names:
        text = request.match_info[name]
        try:
            found.append(canonical_id(text))
        except ValueError:
            faults.append(f'@path.{name}: Input string "{text[:_SHOWN]}" is not a valid UUID')
    if faults:
        raise InvalidRequestError(*faults)
    return found


def _most(request: web.Request) -> int:
    text = request.query.get("maxResult")
    if text is None:
        return DEFAULT_NOTIFICATIONS
    if re.fullmatch(r"[0-9]{1,18}", text) is None or not int(text):
        raise InvalidRequestError("@query.maxResult: must be a whole number from 1 upwards")
    return min(int(text), MOST_NOTIFICATIONS)


def _process_codes(request: web.Request, name: str) -> tuple[str, ...]:
    codes = [code.strip() for text in request.query.getall(name, ()) for code in text.split(",")]
    if any(len(code) > _PROCESS_LENGTH or not code.isprintable() for code in codes):
        raise InvalidRequestError(f"@query.{name}: a process code has at most {_PROCESS_LENGTH} printable characters")
    return tuple(dict.fromkeys(code for code in codes if code))


def _flag(request: web.Request, name: str) -> bool:
    text = request.query.get(name, "")
    if len(text) > _LITE_LENGTH:
        raise InvalidRequestError(f"@query.{name}: String is too long (maximum allowed: {_LITE_LENGTH})")
    return text.strip().lower() == "true"


def _digest(request: web.Request) -> bytes | None:
    text = request.headers.get("digest")
    if text is None:
        return None
    try:
        return sha256_of(text)
    except ValueError:
        raise InvalidRequestError("@header.digest: must be the base64 of a SHA-256, 44 characters") from None


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and _KEY.fullmatch(key) is None:
        raise InvalidRequestError("@header.Idempotency-Key: must be 1 to 255 visible ASCII characters")
    return key


def _if_match(request: web.Request) -> frozenset[str] | None:
    if "If-Match" not in request.headers:
        return None
    text = ",".join(request.headers.getall("If-Match")).strip()
    if text == "*":
        return frozenset("*")
    if _TAGS.fullmatch(text) is None:
        raise InvalidRequestError('@header.If-Match: must be * or tags as ETag gives them, such as "0a1b"')
    return frozenset(found for weak, found in _TAG.findall(text) if not weak)


def _header_text(value: str | None) -> str | None:
    """A header that is not UTF-8 was sent as Latin-1, as old clients do."""
    if value is None:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value
