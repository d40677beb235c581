"""Which hashes of an older platform are taken over, and which are made anew."""

from __future__ import annotations

import pytest

from gateway.domain.password_hashes import HashKind, check_password_hash, kind_of, outdated, sha512_parts

SHA512 = "$6$abcdefgh$" + "a" * 86
BCRYPT = "$2b$12$" + "a" * 53
ARGON2 = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$" + "a" * 43


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SHA512, HashKind.SHA512_CRYPT),
        (SHA512.replace("$6$", "$6$rounds=20000$"), HashKind.SHA512_CRYPT),
        (BCRYPT, HashKind.BCRYPT),
        (BCRYPT.replace("2b", "2a"), HashKind.BCRYPT),
        (BCRYPT.replace("2b", "2y"), HashKind.BCRYPT),
        (ARGON2, HashKind.ARGON2),
        (ARGON2.replace("2id", "2i"), HashKind.ARGON2),
        (ARGON2.replace("2id", "2d"), HashKind.ARGON2),
    ],
)
def test_these_kinds_are_taken(text: str, kind: HashKind) -> None:
    check_password_hash(text)
    assert kind_of(text) is kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be a hash of"),
        ("a password", "must be a hash of"),
        ("$1$salt$" + "a" * 22, "must be a hash of"),
        ("$5$salt$" + "a" * 43, "must be a hash of"),
        (SHA512 + "a", "must be a hash of"),
        (SHA512 + "\n", "must be a hash of"),
        (BCRYPT.replace("2b", "2x"), "must be a hash of"),
        (ARGON2.replace("v=19", "v=16"), "must be a hash of"),
        (SHA512.replace("$6$", "$6$rounds=999999999$"), "1000 to 1000000 rounds"),
        (SHA512.replace("$6$", "$6$rounds=999$"), "1000 to 1000000 rounds"),
        (BCRYPT.replace("12", "31"), "a cost of 4 to 14"),
        (BCRYPT.replace("12", "03"), "a cost of 4 to 14"),
        (ARGON2.replace("19456", "999999999"), "at most m="),
        (ARGON2.replace("t=2", "t=11"), "at most m="),
        (ARGON2.replace("t=2", "t=0"), "at most m="),
        (ARGON2.replace("p=1", "p=99"), "at most m="),
        (ARGON2 + "a" * 255, "255 characters"),
    ],
)
def test_others_are_refused_with_what_is_taken(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        check_password_hash(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "old"),
    [
        (SHA512, True),
        (BCRYPT, True),
        (ARGON2, False),
        (ARGON2.replace("19456", "65536"), False),
        (ARGON2.replace("19456", "4096"), True),
        (ARGON2.replace("t=2", "t=1"), True),
        (ARGON2.replace("2id", "2i"), True),
        ("no hash", False),
        ("", False),
    ],
)
def test_what_is_not_as_it_would_be_made_now_is_outdated(text: str, old: bool) -> None:
    assert outdated(text) is old


def test_rounds_and_salt_are_told() -> None:
    assert sha512_parts(SHA512) == (5000, "abcdefgh")
    assert sha512_parts(SHA512.replace("$6$", "$6$rounds=1234$")) == (1234, "abcdefgh")
    assert sha512_parts(BCRYPT) is None
