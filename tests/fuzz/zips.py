"""Zips that lie: built record by record, so that every figure may say something else than is true."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from gateway.pec.zip_records import CENTRAL, END, END64, LOCAL, LOCATOR64
from tests.pec.answers import retour_xml

_U16: Final = st.one_of(st.sampled_from([0, 1, 2, 8, 0x8, 0x800, 0xFFFE, 0xFFFF]), st.integers(0, 0xFFFF))
_U32: Final = st.one_of(st.sampled_from([0, 1, 30, 2**20, 2**31, 2**32 - 2, 2**32 - 1]), st.integers(0, 400))
_U64: Final = st.one_of(st.sampled_from([0, 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]), st.integers(0, 400))
PATHS: Final = st.one_of(
    st.sampled_from(
        [
            b"message.xml",
            b"a/message.xml",
            b"MESSAGE.XML",
            b"../x",
            b"/etc/passwd",
            b"C:\\x",
            b"a/",
            b"/",
            b"",
            b"\xe9t\xe9.pdf",
            "e\u0301.pdf".encode(),
            "\u00e9.pdf".encode(),
            b"a\0b",
            b"__MACOSX/._x",
            b"a/" * 40 + b"x",
            b"n" * 2000,
            b"\xed\xa0\x80",
            b"con",
        ]
    ),
    st.binary(max_size=12),
)


@dataclass(frozen=True)
class Told:
    """One entry: what is there, and what its two headers say instead (None: the truth)."""

    path: bytes
    content: bytes
    deflated: bool
    lies: dict[str, int]
    extra: bytes = b""
    local_path: bytes | None = None
    again: bool = False
    padded: bool = False

    @property
    def packed(self) -> bytes:
        if not self.deflated:
            return self.content
        packer = zlib.compressobj(wbits=-15)
        empty = b"\0\0\0\xff\xff" * 5 if self.padded else b""
        return empty + packer.compress(self.content) + packer.flush()


def assembled(
    entries: list[Told], end: dict[str, int], *, wide: bool = False, front: bytes = b"", comment: bytes = b""
) -> bytes:
    """The zip of these entries; `end` are the lies of its end records, `wide` writes those of zip64 too."""
    places: list[int] = []
    data, directory = front, b""
    for entry in entries:
        packed, place = entry.packed, len(data)
        if entry.again and places:
            place = places[0]
        places.append(place)
        fields = {
            "flags": 0x800,
            "method": 8 if entry.deflated else 0,
            "crc": zlib.crc32(entry.content),
            "packed": len(packed),
            "size": len(entry.content),
            "header": place,
            "mode": 0o100644 << 16,
            "disk": 0,
            "name": len(entry.path),
            "extra": len(entry.extra),
        }
        told = fields | entry.lies
        local = fields | {name.removeprefix("local_"): value for name, value in entry.lies.items() if "local_" in name}
        name = entry.path if entry.local_path is None else entry.local_path
        if not entry.again or len(places) == 1:
            data += LOCAL.pack(
                b"PK\3\4", 20, local["flags"], local["method"], 0, 0, local["crc"], local["packed"], local["size"],
                len(name), 0,
            )  # fmt: skip
            data += name + packed
            if local["flags"] & 8:
                data += struct.pack("<4sIII", b"PK\7\x08", local["crc"], local["packed"], local["size"])
        directory += CENTRAL.pack(
            b"PK\1\2", 3 << 8 | 20, 20, told["flags"], told["method"], 0, 0, told["crc"], told["packed"],
            told["size"], told["name"], told["extra"], 0, told["disk"], 0, told["mode"], told["header"],
        )  # fmt: skip
        directory += entry.path + entry.extra
    truth = {"count": len(entries), "here": len(entries), "size": len(directory), "offset": len(data), "disk": 0}
    told = truth | end
    at = len(data) + len(directory)
    if wide:
        big = truth | {name.removeprefix("wide_"): value for name, value in end.items() if "wide_" in name}
        directory += END64.pack(
            b"PK\6\6", 44, 45, 45, 0, big["disk"], big["here"], big["count"], big["size"], big["offset"]
        )
        directory += LOCATOR64.pack(b"PK\6\7", 0, end.get("record", at), 1)
        told |= {"count": 0xFFFF, "offset": 0xFFFFFFFF}
    return (
        data
        + directory
        + END.pack(
            b"PK\5\6", 0, told["disk"] & 0xFFFF, told["here"] & 0xFFFF, told["count"] & 0xFFFF,
            told["size"] & 0xFFFFFFFF, told["offset"] & 0xFFFFFFFF, end.get("comment", len(comment)) & 0xFFFF,
        )
        + comment
    )  # fmt: skip


def _extras() -> st.SearchStrategy[bytes]:
    wide = st.lists(_U64, max_size=4).map(lambda values: struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values))
    lying = st.tuples(st.sampled_from([1, 7]), _U16, st.binary(max_size=20)).map(
        lambda parts: struct.pack("<2H", parts[0], parts[1]) + parts[2]
    )
    return st.one_of(st.just(b""), wide, lying)


_LIES: Final[st.SearchStrategy[dict[str, int]]] = st.one_of(
    st.just({}),
    st.dictionaries(st.sampled_from(["packed", "size", "header", "crc", "mode"]), _U32, max_size=2),
    st.dictionaries(st.sampled_from(["local_packed", "local_size", "local_crc"]), _U32, max_size=2),
    st.dictionaries(st.sampled_from(["flags", "local_flags", "method", "disk"]), _U16, max_size=2),
    st.dictionaries(st.sampled_from(["name", "extra"]), _U16, max_size=1),
)
MESSAGES: Final = st.sampled_from([retour_xml(), retour_xml(etat=15, comment="é" * 50), b"<a/>", b""])
_CONTENTS: Final = st.one_of(st.binary(max_size=40), MESSAGES, st.sampled_from([0, 70_000, 300_000]).map(bytes))


@st.composite
def zips(draw: st.DrawFn, nested: int = 2) -> bytes:
    """A zip: mostly an answer that is nearly right, with zips within it."""
    contents: st.SearchStrategy[bytes] = _CONTENTS
    if nested and draw(st.booleans()):
        contents = st.one_of(_CONTENTS, zips(nested - 1))
    entries = [
        Told(
            draw(PATHS),
            draw(contents),
            draw(st.booleans()),
            draw(_LIES),
            draw(_extras()),
            draw(st.one_of(st.none(), st.none(), PATHS)),
            draw(st.integers(0, 9)) == 0,
            draw(st.integers(0, 9)) == 0,
        )
        for _ in range(draw(st.integers(0, 4)))
    ]
    if draw(st.booleans()):
        entries.insert(0, Told(b"message.xml", draw(MESSAGES), draw(st.booleans()), {}))
    figures = ["count", "here", "size", "offset", "disk", "comment"]
    wide = draw(st.integers(0, 3)) == 0
    keys = [*figures, "record", *(f"wide_{name}" for name in figures[:5])] if wide else figures
    end = draw(st.one_of(st.just({}), st.dictionaries(st.sampled_from(keys), _U32, max_size=2)))
    if wide and draw(st.booleans()):
        end |= draw(st.dictionaries(st.sampled_from(["record", "wide_size", "wide_offset"]), _U64, max_size=2))
    data = assembled(
        entries,
        end,
        wide=wide,
        front=draw(st.sampled_from([b"", b"", b"", b"#!", b"PK\3\4"])),
        comment=draw(st.sampled_from([b"", b"", b"PK\5\6" * 6])),
    )
    return draw(damaged(data)) if draw(st.integers(0, 3)) == 0 else data


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes cut short, with a few of them replaced, or with something in between."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        new = draw(st.one_of(st.binary(min_size=1, max_size=4), st.sampled_from([b"PK\5\6", b"PK\1\2", b"\xff" * 8])))
        replaced = draw(st.sampled_from([len(new), len(new), 0, len(data)]))
        data = data[:at] + new + data[at + replaced :]
    return data


class Counting(io.BytesIO):
    """A file that counts what is read of it, and whose places are those of a real one."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data)
        self.read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 <= size <= 2**24, "nothing reads without a bound"
        found = super().read(size)
        self.read_bytes += len(found)
        return found


def standard_reading(data: bytes) -> dict[str, bytes] | None:
    """The same through the standard library, where it can read it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    except Exception:  # it fails in many ways: that is why it is not the reader of foreign zips
        return None
