"""YAML with positions: what is read is what was meant, and what is refused is refused at its place."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.located import MAX_DEPTH, dotted, load, scalar

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cn", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"))
SCALARS = TEXT | st.integers(-(10**17), 10**17) | st.booleans() | st.none()
VALUES = st.lists(
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=8,
    )
)


def faults_of(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(ConfigurationError) as caught:
        load(text, "x.yaml")
    assert all(fault.source == "x.yaml" for fault in caught.value.faults)
    return [(fault.line, fault.column, fault.path) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("1.5", 1.5),
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("~", None),
        ("00000", "00000"),
        ("35_000", "35_000"),
        ("0x1F", "0x1F"),
        ("10:30", "10:30"),
        ("no", "no"),
        ("on", "on"),
        ("2027-06-30", "2027-06-30"),
        (".inf", ".inf"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_scalars_follow_the_core_rules_and_codes_stay_text(text: str, meant: object) -> None:
    assert scalar(text) == meant
    assert type(scalar(text)) is type(meant)


def test_every_value_knows_its_place_and_that_of_its_key() -> None:
    document = load("a: 1\nb:\n  - x\n  - {c:  true}\n", "x.yaml")
    list_ = document.child("b")
    assert list_ is not None
    mapping = list_.child(1)
    assert mapping is not None
    value = mapping.child("c")
    assert value is not None
    assert (list_.line, list_.column, list_.key_line, list_.key_column) == (3, 3, 2, 1)
    assert (value.value, value.line, value.column, value.key_line, value.key_column) == (True, 4, 10, 4, 6)
    assert (document.child("z"), list_.child(2), list_.child(-1), list_.child("x")) == (None, None, None, None)


@given(VALUES)
def test_json_is_read_as_it_is(value: object) -> None:
    assert load(json.dumps(value, ensure_ascii=False), "x.yaml").plain() == value


@given(TEXT)
def test_quoted_text_stays_as_it_is(text: str) -> None:
    assert load(yaml.safe_dump([text], default_style='"', allow_unicode=True), "x.yaml").plain() == [text]


@given(st.text(alphabet="ab: -[]{},\n#&*!|>'\"%@~\t?\\0é", max_size=60))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    faults: tuple[Fault, ...] = ()
    try:
        load(text, "x.yaml")
    except ConfigurationError as error:
        faults = error.faults
    lines = text.count("\n") + 1
    assert all(1 <= fault.line <= lines + 1 and fault.column >= 1 for fault in faults)


def test_quotes_make_text_and_keys_are_always_text() -> None:
    assert load("""{14: '12', yes: "true"}""", "x.yaml").plain() == {"14": "12", "yes": "true"}


@pytest.mark.parametrize("text", ["", "\n", "# only a remark\n", "---\n", "\ufeff# with a byte-order mark"])
def test_nothing_is_an_empty_mapping(text: str) -> None:
    assert load(text, "x.yaml").plain() == {}


def test_all_faults_are_listed_in_the_order_of_the_text() -> None:
    text = "a: 1\na: 2\nb: &x 1\nc: *x\nd: !!python/object:os.system x\n? [1]\n: 2\n"
    assert faults_of(text) == [(2, 1, "a"), (3, 4, "b"), (4, 4, "c"), (5, 4, "d"), (6, 3, "")]


def test_a_key_given_twice_names_the_first_line() -> None:
    with pytest.raises(ConfigurationError, match=r"x.yaml:4:3: list\[0\]\.b: the key is given twice, first on line 3"):
        load("list:\n- c: 1\n  b: 1\n  'b': 2\n", "x.yaml")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1\nb: 2", (2, 2, "")),
        ("a: 1\n--- 2\n", (2, 1, "")),
        ("a: \x00", (1, 4, "")),
        ("a: b\n\x1b", (2, 1, "")),
        ('a: "\\0"', (1, 4, "a")),
        ("a:\t- b", (1, 4, "")),
    ],
)
def test_what_is_no_document_is_refused_at_its_place(text: str, place: tuple[int, int, str]) -> None:
    assert faults_of(text) == [place]


@pytest.mark.parametrize("opening", ["[", "{a: ", "{? "])
def test_depth_is_bounded(opening: str) -> None:
    assert faults_of(opening * 5000)[-1][:2] == (1, len(opening) * (MAX_DEPTH + 1) + 1)


def test_paths_are_dotted() -> None:
    assert dotted(("subscriptions", 3, "process")) == "subscriptions[3].process"
    assert dotted((0, "a")) == "[0].a"
    assert dotted(()) == ""


def test_a_fault_of_a_variable_names_it_and_no_line() -> None:
    assert str(Fault("http.port", 0, 0, "is missing", "GATEWAY__HTTP__PORT")) == (
        "GATEWAY__HTTP__PORT: http.port: is missing"
    )
