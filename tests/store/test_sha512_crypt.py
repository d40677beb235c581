"""The published vectors of sha512-crypt."""

from __future__ import annotations

import pytest

from gateway.store.sha512_crypt import sha512_crypt

LONG = "a very much longer text to encrypt.  This one even stretches over morethan one line."
VECTORS = [
    (
        "Hello world!",
        "saltstring",
        5000,
        "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ),
    (
        "Hello world!",
        "saltstringsaltst",
        10000,
        "OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ),
    (
        "This is just a test",
        "toolongsaltstrin",
        5000,
        "lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0",
    ),
    (
        LONG,
        "anotherlongsalts",
        1400,
        "POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1",
    ),
    (
        "the minimum number is still observed",
        "roundstoolow",
        1000,
        "kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.",
    ),
]


@pytest.mark.parametrize(("password", "salt", "rounds", "expected"), VECTORS)
def test_the_published_vectors_hold(password: str, salt: str, rounds: int, expected: str) -> None:
    assert sha512_crypt(password.encode(), salt, rounds) == expected


@pytest.mark.parametrize("password", ["", "x", "é" * 32, "x" * 63, "x" * 64, "x" * 65, "x" * 300])
def test_a_password_of_any_length_makes_86_signs(password: str) -> None:
    made = sha512_crypt(password.encode(), "salt", 1000)
    assert len(made) == 86
    assert made != sha512_crypt(f"{password}x".encode(), "salt", 1000)
