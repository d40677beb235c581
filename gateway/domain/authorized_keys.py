"""One line of an OpenSSH authorized_keys file: what it says of a key, strictly read.

Only options that this door can honour are known; one that is not could have been a restriction, so the line is refused.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

PARIS: Final = ZoneInfo("Europe/Paris")

WITHOUT_EFFECT: Final = frozenset(
    {
        *("restrict", "no-agent-forwarding", "no-port-forwarding", "no-pty", "no-user-rc", "no-x11-forwarding"),
        'command="internal-sftp"',
    }
)
"""They forbid what this door never offers."""
_VALUED: Final = ("expiry-time", "from", "principals", "command")
KNOWN: Final = ("cert-authority", "expiry-time", "from", "principals", "restrict")

_KIND: Final = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa|rsa)-[A-Za-z0-9@.-]+(?=\s|\Z)")
_OPTION: Final = re.compile(r'(?P<name>[A-Za-z0-9-]+)(?:="(?P<value>(?:[^"\\]|\\.)*)")?(?P<end>,|[ \t]+|\Z)')
_TIMES: Final = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_HOST: Final = re.compile(r"[0-9A-Fa-f:.*?]+\Z")


@dataclass(frozen=True, slots=True)
class AuthorizedKey:
    """`key` is the line without its options: type, base64, comment.

    `expires_at`: from then on it is worth nothing. `sources`: address patterns of `from`, with `!` for those excluded.
    `authority`: the key signs others' certificates, for `principals` where given, and logs nobody in by itself.
    """

    key: str
    expires_at: datetime | None = None
    sources: tuple[str, ...] = ()
    authority: bool = False
    principals: tuple[str, ...] = ()

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and now >= self.expires_at

    def admits(self, address: str) -> bool:
        """Whether it may be used from that IP address; IPv4 within IPv6 counts as IPv4."""
        if not self.sources:
            return True
        matching = [pattern for pattern in self.sources if _matches(pattern.lstrip("!"), address)]
        return bool(matching) and not any(pattern.startswith("!") for pattern in matching)


def parse(line: str, zone: tzinfo = PARIS) -> AuthorizedKey:
    """Reads one line. Times without Z are of `zone`. Raises ValueError saying what to change."""
    text = line.strip()
    if "\n" in text or "\r" in text:
        raise ValueError("one key is one line")
    options, key = _split(text)
    found: dict[str, str] = {}
    for name, value in options:
        lowered = name.lower()
        if lowered in found:
            raise ValueError(f"the option {lowered} is given twice")
        if lowered in _VALUED and not value:
            raise ValueError(f'the option {lowered} needs a value in double quotes: {lowered}="…"')
        if value is not None and lowered not in _VALUED:
            raise ValueError(f"the option {lowered} takes no value")
        whole = f'{lowered}="{value}"' if value is not None else lowered
        if whole not in WITHOUT_EFFECT and lowered not in KNOWN:
            raise ValueError(f"the option {lowered} is not supported here; known: {', '.join(KNOWN)}")
        found[lowered] = value or ""
    authority = "cert-authority" in found
    if "principals" in found and not authority:
        raise ValueError("the option principals goes with cert-authority only")
    expires_at = moment(found["expiry-time"], zone) if "expiry-time" in found else None
    sources = tuple(map(_pattern, _list(found.get("from", ""))))
    return AuthorizedKey(key, expires_at, sources, authority, _list(found.get("principals", "")))


def moment(text: str, zone: tzinfo = PARIS) -> datetime:
    """The moment of an `expiry-time`: YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with Z for UTC. Raises ValueError."""
    digits = text.removesuffix("Z")
    shape = _TIMES.get(len(digits))
    try:
        if shape is None or not (digits.isascii() and digits.isdigit()):
            raise ValueError
        found = datetime.strptime(digits, shape).replace(tzinfo=UTC if text.endswith("Z") else zone)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("expiry-time must be a date that exists: YYYYMMDD or YYYYMMDDHHMM, Z for UTC") from None


def plain_address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address as such, IPv4 out of IPv6 and without an interface; None for what is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _split(text: str) -> tuple[list[tuple[str, str | None]], str]:
    if _KIND.match(text):
        return [], text
    options: list[tuple[str, str | None]] = []
    at, more = 0, True
    while more:
        option = _OPTION.match(text, at)
        if option is None:
            raise ValueError('the options before the key cannot be read: name or name="value", separated by commas')
        value = option["value"]
        options.append((option["name"], None if value is None else value.replace('\\"', '"')))
        at, more = option.end(), option["end"] == ","
    key = text[at:].strip()
    if not _KIND.match(key):
        raise ValueError("not an OpenSSH public key: write it as in a .pub file, `ssh-ed25519 AAAA…`")
    return options, key


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text else ()


def _pattern(text: str) -> str:
    bare = text.removeprefix("!")
    if "/" in bare:
        try:
            ipaddress.ip_network(bare)
        except ValueError:
            raise ValueError(f"from: {bare} is no network, or has bits beyond its prefix") from None
    elif not _HOST.match(bare):
        raise ValueError(f"from: {bare or 'nothing'} is no IP address; host names are not looked up here")
    return text


def _matches(pattern: str, address: str) -> bool:
    source = plain_address(address)
    if source is None:
        return False
    if "/" in pattern:
        return source in ipaddress.ip_network(pattern)
    exact = plain_address(pattern)
    return source == exact if exact is not None else fnmatch.fnmatchcase(str(source), pattern.lower())


def keys_of(lines: tuple[str, ...]) -> Iterator[AuthorizedKey]:
    """The keys of an account; a line that cannot be read counts for nothing."""
    for line in lines:
        try:
            yield parse(line)
        except ValueError:
            continue


def ended_at(line: str, when: datetime) -> str:
    """The same key, worth nothing from `when` on; one that ends earlier, or cannot be read, stays as it is."""
    try:
        known = parse(line)
    except ValueError:
        return line
    if known.expires_at is not None and known.expires_at <= when:
        return line
    text = line.strip()
    options = [
        name if value is None else '{}="{}"'.format(name, value.replace('"', '\\"'))
        for name, value in _split(text)[0]
        if name.lower() != "expiry-time"
    ]
    options.append(f'expiry-time="{when.astimezone(UTC):%Y%m%d%H%M%S}Z"')
    return f"{','.join(options)} {known.key}"
