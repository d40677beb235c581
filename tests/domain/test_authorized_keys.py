"""Lines of authorized_keys: options as OpenSSH has them, and no guess at those that are not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.authorized_keys import AuthorizedKey, ended_at, keys_of, moment, parse, plain_address

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ mairie de Rennes"


def test_a_key_without_options_is_itself() -> None:
    assert parse(f"  {KEY}\n") == AuthorizedKey(KEY)


def test_options_are_read_in_any_order() -> None:
    found = parse(f'from="192.0.2.0/24,!192.0.2.9",EXPIRY-TIME="20270102",no-pty\t {KEY}')
    assert found.key == KEY
    assert found.sources == ("192.0.2.0/24", "!192.0.2.9")
    assert found.expires_at == datetime(2027, 1, 1, 23, tzinfo=UTC), "the day begins in Paris"


def test_an_authority_has_its_principals() -> None:
    found = parse(f'cert-authority,principals="rennes,brest" {KEY}')
    assert (found.authority, found.principals) == (True, ("rennes", "brest"))


def test_what_only_forbids_what_is_never_offered_is_let_through() -> None:
    assert parse(f'restrict,no-X11-forwarding,command="internal-sftp" {KEY}') == AuthorizedKey(KEY)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "cannot be read"),
        ("nothing at all", "not an OpenSSH public key"),
        (f'environment="A=B" {KEY}', "takes no value"),
        (f"permit-root {KEY}", "permit-root is not supported"),
        (f'command="/bin/sh" {KEY}', "command is not supported"),
        (f"expiry-time {KEY}", "needs a value"),
        (f'expiry-time="" {KEY}', "needs a value"),
        (f'expiry-time="20270230" {KEY}', "a date that exists"),
        (f'restrict="yes" {KEY}', "takes no value"),
        (f"restrict,restrict {KEY}", "given twice"),
        (f'from="mairie.example" {KEY}', "host names are not looked up"),
        (f'from="192.0.2.1/24" {KEY}', "bits beyond its prefix"),
        (f'from="192.0.2.1," {KEY}', "nothing is no IP address"),
        (f'principals="rennes" {KEY}', "goes with cert-authority"),
        (f'from="192.0.2.1 {KEY}', "cannot be read"),
        (f"{KEY}\n{KEY}", "one key is one line"),
        ("restrict", "not an OpenSSH public key"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_reason(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(line)


def test_a_moment_is_told_to_the_second() -> None:
    assert moment("202701021530Z") == datetime(2027, 1, 2, 15, 30, tzinfo=UTC)
    assert moment("20270702153059") == datetime(2027, 7, 2, 13, 30, 59, tzinfo=UTC)
    for wrong in ("2027", "2027010a", "20270101Z1", "99999999", "٢٠٢٧٠١٠١"):
        with pytest.raises(ValueError, match="expiry-time"):
            moment(wrong)


def test_a_key_ends_with_its_time() -> None:
    found = parse(f'expiry-time="20270102Z" {KEY}')
    end = datetime(2027, 1, 2, tzinfo=UTC)
    assert not found.expired(end - timedelta(milliseconds=1))
    assert found.expired(end)
    assert not parse(KEY).expired(end)


@pytest.mark.parametrize(
    ("sources", "address", "admitted"),
    [
        ("192.0.2.0/24", "192.0.2.7", True),
        ("192.0.2.0/24", "::ffff:192.0.2.7", True),
        ("192.0.2.0/24,!192.0.2.7", "192.0.2.7", False),
        ("!192.0.2.7", "192.0.2.8", False),
        ("192.0.2.?", "192.0.2.7", True),
        ("192.0.2.?", "192.0.2.70", False),
        ("192.0.*", "192.0.2.70", True),
        ("2001:DB8::1", "2001:db8:0::1", True),
        ("2001:db8::/32", "192.0.2.7", False),
        ("192.0.2.7", "", False),
    ],
)
def test_a_key_may_be_bound_to_addresses(sources: str, address: str, admitted: bool) -> None:
    assert parse(f'from="{sources}" {KEY}').admits(address) is admitted
    assert parse(KEY).admits(address)


def test_addresses_are_compared_without_their_dress() -> None:
    assert str(plain_address("::ffff:192.0.2.1")) == "192.0.2.1"
    assert str(plain_address("fe80::1%eth0")) == "fe80::1"
    assert plain_address("") is None


def test_lines_that_cannot_be_read_count_for_nothing() -> None:
    assert list(keys_of(("no key", KEY, f"unknown {KEY}"))) == [AuthorizedKey(KEY)]


def test_a_key_is_given_an_end_beside_what_its_line_says() -> None:
    when = datetime(2027, 1, 4, 8, 30, 1, tzinfo=UTC)
    assert ended_at(KEY, when) == f'expiry-time="20270104083001Z" {KEY}'
    assert parse(ended_at(KEY, when)) == AuthorizedKey(KEY, when)
    restricted = f'from="192.0.2.0/24,!192.0.2.1",restrict {KEY}'
    found = parse(ended_at(restricted, when))
    assert (found.expires_at, found.sources, found.key) == (when, parse(restricted).sources, KEY)
    later, earlier = f'restrict,expiry-time="20280101" {KEY}', f'expiry-time="20260101" {KEY}'
    assert parse(ended_at(later, when)).expires_at == when
    assert ended_at(earlier, when) == earlier
    assert ended_at("no key", when) == "no key"
