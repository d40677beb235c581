"""The password hash `$6$` of Unix systems (Ulrich Drepper, Unix crypt using SHA-256 and SHA-512), for imported ones."""

from __future__ import annotations

import hashlib
from typing import Final

_SIGNS: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SIZE: Final = 64


def sha512_crypt(password: bytes, salt: str, rounds: int) -> str:
    """The 86 characters after the salt. `rounds` as they are, without a lower or an upper bound."""
    seasoning = salt.encode()
    inner = hashlib.sha512(password + seasoning + password).digest()
    outer = hashlib.sha512(password + seasoning + _filled(inner, len(password)))
    bits = len(password)
    while bits:
        outer.update(inner if bits & 1 else password)
        bits >>= 1
    digest = outer.digest()
    p = _filled(hashlib.sha512(password * len(password)).digest(), len(password))
    s = _filled(hashlib.sha512(seasoning * (16 + digest[0])).digest(), len(seasoning))
    for number in range(rounds):
        odd = number & 1
        step = (p if odd else digest) + (s if number % 3 else b"") + (p if number % 7 else b"") + (digest if odd else p)
        digest = hashlib.sha512(step).digest()
    return _encoded(digest)


def _filled(pattern: bytes, size: int) -> bytes:
    return (pattern * (size // _SIZE + 1))[:size]


def _encoded(digest: bytes) -> str:
    text, order = "", (0, 21, 42)
    for _ in range(21):
        first, second, third = (digest[place] for place in order)
        text += _signs(first << 16 | second << 8 | third, 4)
        order = (order[1] + 1, order[2] + 1, order[0] + 1)
    return text + _signs(digest[63], 2)


def _signs(bits: int, most: int) -> str:
    return "".join(_SIGNS[bits >> 6 * place & 63] for place in range(most))
