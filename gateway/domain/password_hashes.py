"""The kinds of password hashes that an older platform may hand over, and the costs that are taken."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class HashKind(StrEnum):
    """How a password was hashed."""

    ARGON2 = "argon2"
    BCRYPT = "bcrypt"
    SHA512_CRYPT = "sha512-crypt"


MOST_ROUNDS: Final = 1_000_000
MOST_BCRYPT: Final = 14  # about a second
MOST_MEMORY: Final = 256 * 1024  # KiB
MOST_PASSES: Final = 10
MOST_LANES: Final = 16
LEAST_MEMORY: Final = 19 * 1024  # KiB
LEAST_PASSES: Final = 2
DEFAULT_ROUNDS: Final = 5000

_B64: Final = r"[A-Za-z0-9+/]+"
_ARGON2: Final = re.compile(
    rf"\$argon2(?P<type>id|i|d)\$v=19\$m=(?P<memory>\d{{1,9}}),t=(?P<passes>\d{{1,9}}),p=(?P<lanes>\d{{1,9}})"
    rf"\$(?P<salt>{_B64})\$(?P<hash>{_B64})\Z",
    re.ASCII,
)
_BCRYPT: Final = re.compile(r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53}\Z", re.ASCII)
_SHA512: Final = re.compile(
    r"\$6\$(?:rounds=(?P<rounds>\d{1,9})\$)?(?P<salt>[./A-Za-z0-9]{1,16})\$[./A-Za-z0-9]{86}\Z", re.ASCII
)


def kind_of(text: str) -> HashKind | None:
    """The kind of a well-formed hash; None for anything else."""
    for kind, shape in ((HashKind.ARGON2, _ARGON2), (HashKind.BCRYPT, _BCRYPT), (HashKind.SHA512_CRYPT, _SHA512)):
        if shape.match(text):
            return kind
    return None


def sha512_parts(text: str) -> tuple[int, str] | None:
    """Rounds and salt of a sha512-crypt hash."""
    found = _SHA512.match(text)
    return (int(found["rounds"] or DEFAULT_ROUNDS), found["salt"]) if found else None


def check_password_hash(text: str) -> None:
    """Accept a hash, or raise ValueError saying what is. Costs are bounded: each login would pay them."""
    if len(text) > 255:
        raise ValueError("a password hash has 255 characters at most")
    if found := _SHA512.match(text):
        rounds = int(found["rounds"] or DEFAULT_ROUNDS)
        if not 1000 <= rounds <= MOST_ROUNDS:
            raise ValueError(f"sha512-crypt: 1000 to {MOST_ROUNDS} rounds are taken")
    elif found := _BCRYPT.match(text):
        if not 4 <= int(found["cost"]) <= MOST_BCRYPT:
            raise ValueError(f"bcrypt: a cost of 4 to {MOST_BCRYPT} is taken")
    elif found := _ARGON2.match(text):
        memory, passes, lanes = (int(found[name]) for name in ("memory", "passes", "lanes"))
        if memory > MOST_MEMORY or passes > MOST_PASSES or lanes > MOST_LANES or memory < 8 * lanes or passes < 1:
            raise ValueError(f"argon2: at most m={MOST_MEMORY}, t={MOST_PASSES}, p={MOST_LANES} are taken")
    else:
        raise ValueError("must be a hash of sha512-crypt ($6$…), bcrypt ($2a$, $2b$, $2y$) or argon2 ($argon2…)")


def outdated(text: str) -> bool:
    """Whether a hash should be made anew at the next login: of another kind than argon2id, or cheaper than now."""
    found = _ARGON2.match(text)
    if found is None:
        return kind_of(text) is not None
    memory, passes = int(found["memory"]), int(found["passes"])
    return found["type"] != "id" or memory < LEAST_MEMORY or passes < LEAST_PASSES
