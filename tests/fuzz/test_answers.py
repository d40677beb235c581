"""Answers of any bytes: an Answer or a refusal in two languages, at a bounded cost, and nothing else."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.content import HEAD, PACKED, contradiction, recognise
from gateway.pec.refusals import REASONS, UnreadableAnswer
from gateway.pec.returns import Answer, Limits, extract, judge, read_answer
from gateway.pec.zip_bounds import Bounds, UnboundedZipError, measure
from gateway.pec.zip_reading import CHUNK
from tests.fuzz.profiles import examples
from tests.fuzz.zips import Counting, Told, assembled, damaged, standard_reading, zips
from tests.pec.answers import answer_zip, retour_xml, zipped

LIMITS = Limits(entries=20, total=2_000_000, directory=20_000, ratio=50, ratio_from=100_000, message=60_000)
BOUNDS = Bounds(entries=30, total=4_000_000, ratio=50, ratio_from=200_000, nesting=2, directory=20_000)
TAIL = 2**17
"""Bytes that finding the directory may read, each time."""


def read(data: bytes) -> Answer | None:
    """The answer, or None for one that is refused as answers are; checks what reading it cost."""
    file = Counting(data)
    answer: Answer | UnreadableAnswer
    try:
        answer = read_answer(file, LIMITS)
    except UnreadableAnswer as refused:
        answer = refused
    assert file.read_bytes <= 2 * len(data) + 2 * TAIL
    if isinstance(answer, Answer):
        return answer
    assert (answer.french, answer.english) == REASONS[answer.reason_code]
    return None


def extracted(data: bytes, answer: Answer) -> dict[str, bytes] | None:
    """The files of the answer, None when one is refused; checks that they stay within their bounds."""
    found, total = {}, 0
    for one in answer.files:
        content = b""
        try:
            for chunk in extract(Counting(data), one, LIMITS):
                assert 0 < len(chunk) <= CHUNK
                content += chunk
                total += len(chunk)
                assert len(content) <= one.size
        except UnreadableAnswer:
            return None
        assert len(content) == one.size
        found[one.name] = content
    assert total <= LIMITS.total
    return found


def check_names(answer: Answer) -> None:
    """Names are safe on any system, and none stands for two files."""
    names = [one.name for one in answer.files]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert name not in ("", ".", "..")
        assert not set(name) & set('/\\:\0\n\r"')
        assert len(name.encode()) <= 255


def check_answer(data: bytes) -> None:
    answer = read(data)
    whole = judge(Counting(data), len(data), LIMITS)
    assert whole in ("whole", "partial", "unreadable")
    if answer is None:
        return
    assert whole == "whole", "what can be read has come whole"
    assert answer.number.strip()
    assert 0 <= answer.etat < 10**9
    check_names(answer)
    files = extracted(data, answer)
    standard = standard_reading(data)
    if files is not None and standard is not None and len(standard) == len(files) + 1:
        assert sorted(files.values()) == sorted(
            content for path, content in standard.items() if path.rpartition("/")[2].lower() != "message.xml"
        ), "another reader finds the same files"


@examples(100)
@given(zips())
@example(answer_zip(files={"a": b"x", "A ": b"y", "d/a": b"z"}))
@example(answer_zip(files={"bombe": bytes(3_000_000)}))
def test_zips_are_read_or_refused(data: bytes) -> None:
    check_answer(data)


REAL = [
    answer_zip(files={"pièce.pdf": b"%PDF-1.4" + bytes(50), "d/photo.jpg": b"\xff\xd8\xff" * 20}),
    answer_zip(etat=16, deep=True),
    zipped(retour_xml(etat=15), {"a.txt": b"a" * 300}, compressed=False),
    retour_xml(other_number="B-1", comment="dépôt", updates=[(16, None), (19, "fini")]),
    retour_xml(encoding="utf-16"),
    retour_xml(encoding="iso-8859-15", comment="é"),
]


@examples(250)
@given(st.sampled_from(REAL).flatmap(damaged))
def test_damaged_real_answers_are_read_or_refused(data: bytes) -> None:
    check_answer(data)


@examples(80)
@given(st.one_of(zips(), st.sampled_from(REAL).flatmap(damaged), st.binary(max_size=200)))
def test_a_cut_answer_never_reads_as_another(data: bytes) -> None:
    """Whatever was cut off its end, it is refused or says what the whole says: no gesture is made up."""
    answer = read(data)
    if answer is None or not data.startswith(b"PK"):
        return
    for left in (1, 7, len(data) // 2, len(data) - 1):
        cut = read(data[:left])
        assert cut is None or (cut.number, cut.etat) == (answer.number, answer.etat)


def spooled(made: list[Counting]) -> Iterator[Counting]:
    while True:
        made.append(Counting())
        yield made[-1]


def check_measured(data: bytes, bounds: Bounds) -> list[str] | None:
    made: list[Counting] = []
    spools, file = spooled(made), Counting(data)
    try:
        names = measure(file, lambda: next(spools), bounds)
    except UnboundedZipError:
        names = None
    kept = sum(one.read_bytes for one in made)
    assert all(one.closed for one in made)
    assert len(made) <= bounds.entries
    most = 2 * len(data) + TAIL + bounds.entries * 30
    assert file.read_bytes <= most, "the file is read twice at most, whatever its records say"
    assert kept <= 2 * bounds.total + (TAIL + 900) * max(1, len(made))
    return names


SHARED = Told(b"a", b"x", True, {"packed": 250_000})
FILLER = Told(b"b", bytes(300_000), False, {})
FAR = Told(b"a", b"x", False, {"header": 2**32 - 1}, struct.pack("<2HQ", 1, 8, 2**64 - 1))


@examples(100)
@given(zips())
@example(assembled([SHARED, FILLER, *[replace(SHARED, again=True)] * 28], {}))
@example(assembled([FAR], {}))
def test_zips_are_measured_or_refused(data: bytes) -> None:
    names = check_measured(data, BOUNDS)
    if names is not None:
        assert recognise(data[:HEAD], names)


@examples(15)
@given(st.integers(1, 6), st.booleans(), st.sampled_from([0, 1, 60_000]))
@example(4, True, 60_000)
def test_a_zip_within_is_found_whatever_stands_before_it_in_the_stream(depth: int, deflated: bool, empty: int) -> None:
    """Empty blocks in front make the first bytes come one by one: the bound of nesting must hold all the same."""
    data = zipped(None, {"a": b"x"})
    for _ in range(depth):
        packer = zlib.compressobj(wbits=-15)
        first = packer.compress(data[:1]) + packer.flush(zlib.Z_FULL_FLUSH)
        body = first + b"\0\0\0\xff\xff" * empty + packer.compress(data[1:]) + packer.flush()
        data = _stored_as_deflated(body, data) if deflated else zipped(None, {"z": data}, compressed=False)
    refused = check_measured(data, replace(BOUNDS, nesting=3, ratio=10**6, directory=10**6)) is None
    assert refused == (depth > 3)


def _stored_as_deflated(body: bytes, content: bytes) -> bytes:
    packed = zipped(None, {"z": body}, compressed=False)
    out = io.BytesIO(packed).getvalue()
    for signature, at in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        place = out.rindex(signature) if signature == b"PK\1\2" else 0
        out = out[: place + at] + b"\x08\0" + out[place + at + 2 :]
        figures = place + at + 6
        out = (
            out[:figures]
            + zlib.crc32(content).to_bytes(4, "little")
            + len(body).to_bytes(4, "little")
            + len(content).to_bytes(4, "little")
            + out[figures + 12 :]
        )
    return out


@examples(80)
@given(
    st.one_of(st.binary(max_size=64), st.text(max_size=40).map(lambda text: text.encode("utf-16", "replace"))),
    st.sampled_from(
        ["application/pdf", "text/xml", "application/json", "application/zip", "a/b+xml", "", ";", "text/csv"]
    ),
    st.one_of(st.none(), st.lists(st.text(max_size=20), max_size=3)),
)
def test_any_head_is_recognised(head: bytes, declared: str, names: list[str] | None) -> None:
    found = recognise(head, names or ())
    assert contradiction(declared, head, names) in (None, found)
    assert found not in PACKED or head.startswith(b"PK")
