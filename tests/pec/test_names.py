import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pec.names import (
    DEFAULT_TEMPLATE,
    Kind,
    archive_name,
    check_template,
    envelope_name,
    occurrences,
    piece_name,
    safe_file_name,
    safe_number,
)

ANY_TEXT = st.text(st.characters(codec=None), max_size=150)
WINTER = datetime(2026, 12, 31, 23, 30, 5, tzinfo=UTC)


def assert_safe(name: str, chars: int) -> None:
    assert 1 <= len(name) <= chars
    assert not re.search(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f]', name)
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert name not in ("", ".", "..")
    assert unicodedata.is_normalized("NFC", name)
    name.encode()


@pytest.mark.parametrize("number", ["A-9-X3UGO4V7", "2026_000.12", "DOSSIER 12", "Économie-é", "x", "A" * 100])
def test_ordinary_numbers_stay(number: str) -> None:
    assert safe_number(number) == number


@pytest.mark.parametrize(
    "number",
    ["", ".", "..", "...", "a/b", "a\\b", "c:d", 'q"', "a\nb", "CON", "nul.x", "a.", ".a", "B" * 101, "\ud800"],
)
def test_other_numbers_become_safe(number: str) -> None:
    assert safe_number(number) != number
    assert_safe(safe_number(number), 100)


def test_accents_are_composed_and_outer_blanks_dropped() -> None:
    assert safe_number("  e\u0301tat ") == "état"


def test_numbers_that_look_alike_once_safe_stay_distinct() -> None:
    alike = ["a/b", "a:b", "a_b", "a\\b", "." * 3, "." * 4, "C" * 150, "C" * 151, "é" * 99, "é" * 98]
    assert len({safe_number(number) for number in alike}) == len(alike)


def test_file_systems_count_bytes() -> None:
    assert len(safe_number("\U0001f600" * 100).encode()) <= 120


@given(ANY_TEXT)
def test_any_number_is_safe_and_stable(number: str) -> None:
    safe = safe_number(number)
    assert_safe(safe, 100)
    assert safe_number(safe) == safe


@given(ANY_TEXT)
def test_any_foreign_path_gives_a_safe_file_name(path: str) -> None:
    name = safe_file_name(path)
    assert_safe(name, 150)
    assert len(name.encode()) <= 150


def test_file_names_keep_their_extension() -> None:
    assert safe_file_name("dossier/../Décision.PDF") == "Décision.PDF"
    assert safe_file_name("C:\\temp\\a.pdf") == "a.pdf"
    assert safe_file_name("é" * 300 + ".pdf").endswith(".pdf")
    assert safe_file_name("con.pdf") != "con.pdf"


@pytest.mark.parametrize(
    "template",
    [
        DEFAULT_TEMPLATE,
        "{sender}.{timestamp}.{number}-{process}-{sequence}.{channel}.ftp.zip",
        "{sequence}-{number}.zip",
        "dossier {number}_{sequence}.zip",
    ],
)
def test_good_templates(template: str) -> None:
    check_template(template)


@pytest.mark.parametrize(
    ("template", "advice"),
    [
        ("{number}.zip", "add {sequence}"),
        ("{sequence}.zip", "add {number}"),
        ("{number}-{sequence}", "end it with .zip"),
        ("{number}{sequence}.zip", "separator"),
        ("{number}/{sequence}.zip", "remove"),
        ("{number}\\{sequence}.zip", "remove"),
        ("{number}\n{sequence}.zip", "remove"),
        ("{number}-{sequence}-{who}.zip", "not a plain known field"),
        ("{number.__class__}-{sequence}.zip", "not a plain known field"),
        ("{number[0]}-{sequence}.zip", "not a plain known field"),
        ("{number!r}-{sequence}.zip", "not a plain known field"),
        ("{number:>900}-{sequence}.zip", "not a plain known field"),
        ("{}-{number}-{sequence}.zip", "not a plain known field"),
        ("{number-{sequence}.zip", "template"),
        ("{number}-{sequence}}.zip", "template"),
        (".{number}-{sequence}.zip", "dot"),
        ("{number}-{number}-{number}-{sequence}.zip", "shorten"),
    ],
)
def test_refused_templates_say_what_to_do(template: str, advice: str) -> None:
    with pytest.raises(ValueError) as refused:
        check_template(template)
    assert advice in str(refused.value)


def test_archive_names() -> None:
    name = archive_name(DEFAULT_TEMPLATE, number="A-9-X3UGO4V7", process="DAUA", sequence=2, published_at=WINTER)
    assert name == "A-9-X3UGO4V7-DAUA-2.zip"
    real = "{sender}.{timestamp}.{number}-{process}-{sequence}.{channel}.ftp.zip"
    name = archive_name(
        real, number="A-1", process="DAUA", sequence=3, sender="130009186", published_at=WINTER, channel="hub/1"
    )
    assert re.fullmatch(r"130009186\.20270101003005\.A-1-DAUA-3\.hub_1_[0-9a-f]{8}\.ftp\.zip", name)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT, st.integers(1, 999_999))
def test_no_name_outgrows_a_file_system(number: str, process: str, sender: str, code: str, sequence: int) -> None:
    template = "{sender}.{timestamp}.{number}-{process}-{sequence}.{channel}.zip"
    names = [
        archive_name(
            template,
            number=number,
            process=process,
            sequence=sequence,
            sender=sender,
            published_at=WINTER,
            channel=code,
        ),
        envelope_name(number, process, sequence),
        piece_name(
            number, process, sequence, kind="doc", code=code, occurrence=99_999, file_name="x.abcdefghij", mime_type=""
        ),
    ]
    for name in names:
        assert_safe(name, 255)
        assert len(name.encode()) <= 255


def test_entry_names() -> None:
    assert envelope_name("A-1", "DAUA", 2) == "A-1-DAUA-ent-2.xml"
    name = piece_name("A-1", "DAUA", 2, kind="pj", code="Justificatif de domicile", occurrence=3, file_name="a.PDF")
    assert name == "A-1-DAUA-pj-Justificatif de domicile-3-2.pdf"
    assert piece_name("A-1", "DAUA", 2, kind="doc", code="x", occurrence=1, mime_type="image/png").endswith(".png")


@pytest.mark.parametrize("sequence", [0, -1, 1_000_000])
def test_a_sequence_out_of_range_is_refused(sequence: int) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        envelope_name("A", "B", sequence)


def test_occurrences_ignore_case_and_count_kinds_apart() -> None:
    assert occurrences([("doc", "PJ"), ("doc", "pj"), ("pj", "pj"), ("doc", "x"), ("doc", "Pj")]) == [1, 2, 1, 1, 3]


KINDS: tuple[Kind, ...] = ("doc", "pj")


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(["a", "A", "a-1", "ß", "SS", "a/b", "a:b"]))))
def test_entry_names_are_unique_whatever_the_case(codes: list[tuple[Kind, str]]) -> None:
    names = [
        piece_name("N", "P", 1, kind=kind, code=code, occurrence=occurrence)
        for (kind, code), occurrence in zip(codes, occurrences(codes), strict=True)
    ]
    assert len({name.casefold() for name in names}) == len(names)
