import io
import struct
import warnings
import zipfile
import zlib

import pytest

from gateway.pec.refusals import UnreadableAnswer
from gateway.pec.zip_reading import CHUNK, Limits, find_directory, inflate, read_directory
from tests.pec.answers import zipped

LIMITS = Limits()
SMALL = Limits(entries=3, total=10_000, directory=2_000, ratio=10, ratio_from=1_000, depth=3)


def contents(data: bytes, limits: Limits = LIMITS) -> dict[str, bytes]:
    file = io.BytesIO(data)
    return {entry.path: b"".join(inflate(file, entry)) for entry in read_directory(file, len(data), limits)}


def reason(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(UnreadableAnswer) as refused:
        contents(data, limits)
    return refused.value.reason_code


def with_entry(info: zipfile.ZipInfo, content: bytes = b"x") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(info, content)
    return target.getvalue()


def renamed(old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    return zipped(None, {old.decode(): b"x"}).replace(old, new)


def patched(data: bytes, signature: bytes, offset: int, new: bytes) -> bytes:
    at = data.index(signature) + offset
    return data[:at] + new + data[at + len(new) :]


@pytest.mark.parametrize("compressed", [True, False])
def test_files_are_read(compressed: bool) -> None:
    files = {"a.txt": b"a" * 1000, "d/é.pdf": bytes(range(256)), "empty": b""}
    assert contents(zipped(None, files, compressed=compressed)) == files


def test_folders_and_comments_are_fine() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.mkdir("d")
        archive.writestr("d/a", b"x")
        archive.comment = b"PK\x05\x06 and more, PK\x05\x06"
    assert contents(target.getvalue()) == {"d/a": b"x"}


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def test_sizes_that_follow_the_data_are_read() -> None:
    target = Unseekable()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"a" * 500)
        archive.writestr("b", b"b")
    data = target.getvalue()
    assert b"PK\x07\x08" in data
    assert contents(data) == {"a": b"a" * 500, "b": b"b"}


def test_forced_zip64_is_read() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive, archive.open("a", "w", force_zip64=True) as entry:
        entry.write(b"x")
    assert contents(target.getvalue()) == {"a": b"x"}


def test_zip64_end_records_are_read() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for index in range(65_536):
            archive.writestr(str(index), b"")
    data = target.getvalue()
    directory = find_directory(io.BytesIO(data), len(data))
    assert directory is not None
    assert directory.count == 65_536
    assert reason(data) == "too_many_entries"
    at = data.rindex(b"PK\x06\x06")
    beyond = data[: at + 48] + struct.pack("<Q", 2**63) + data[at + 56 :]
    assert find_directory(io.BytesIO(beyond), len(beyond)) is None


def test_old_names_are_cp437() -> None:
    data = renamed(b"d_p_t.pdf", b"d\x82p\x93t.pdf")
    assert list(contents(data)) == ["dépôt.pdf"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"../aaa", "unsafe_name"),
        (b"a/../b", "unsafe_name"),
        (b"a\\..\\b", "unsafe_name"),
        (b".", "unsafe_name"),
        (b"C:", "unsafe_name"),
        (b"a\x00bbbb", "unsafe_name"),
        (b"a\nbbbb", "unsafe_name"),
        (b"a/b/c/d", "too_deep"),
    ],
)
def test_unsafe_names(name: bytes, expected: str) -> None:
    assert reason(renamed(b"_" * len(name), name), SMALL) == expected


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (b"a\\bbbb", "a/bbbb"),
        (b"C:\\a\\b", "a/b"),
        (b"/aaaaa", "aaaaa"),
        (b"./aaaa", "aaaa"),
        (b"a/./bb", "a/bb"),
        (b"a//bbb", "a/bbb"),
    ],
)
def test_folders_as_careless_software_writes_them(name: bytes, path: str) -> None:
    assert list(contents(renamed(b"_" * len(name), name))) == [path]


@pytest.mark.parametrize("name", [b"./", b"/", b"dossier\\"])
def test_folders_are_no_files_however_they_are_written(name: bytes) -> None:
    folder = b"_" * (len(name) - 1) + b"/"
    assert contents(zipped(None, {folder.decode(): b"", "a": b"1"}).replace(folder, name)) == {"a": b"1"}


def test_over_long_names() -> None:
    assert reason(zipped(None, {"n" * 1025: b""})) == "unsafe_name"


def test_duplicates() -> None:
    assert reason(zipped(None, {"a1": b"", "a2": b""}).replace(b"a2", b"a1")) == "duplicate_entry"
    assert reason(zipped(None, {"\u00e9": b"", "e\u0301": b""})) == "duplicate_entry"


def test_names_that_differ_by_case_are_two() -> None:
    assert contents(zipped(None, {"Acte.pdf": b"1", "acte.PDF": b"2"})) == {"Acte.pdf": b"1", "acte.PDF": b"2"}


@pytest.mark.parametrize("mode", [0o120777, 0o010644, 0o060644, 0o140644, 0o040755])
@pytest.mark.parametrize("system", [0, 3])
def test_links_and_special_files(mode: int, system: int) -> None:
    info = zipfile.ZipInfo("link")
    info.create_system = system
    info.external_attr = mode << 16
    assert reason(with_entry(info, b"/etc/passwd")) == "special_entry"


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
@pytest.mark.parametrize("signature", [(b"PK\x01\x02", 8), (b"PK\x03\x04", 6)])
def test_encrypted(flag: int, signature: tuple[bytes, int]) -> None:
    data = zipped(None, {"a": b"x"})
    assert reason(patched(data, *signature, struct.pack("<H", flag))) == "encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods(method: int) -> None:
    info = zipfile.ZipInfo("a")
    info.compress_type = method
    assert reason(with_entry(info)) == "unsupported_method"


def test_limits() -> None:
    assert contents(zipped(None, {"a": b"x", "b": b"x", "c": b"x"}), SMALL)
    assert reason(zipped(None, dict.fromkeys("abcd", b"")), SMALL) == "too_many_entries"
    assert reason(zipped(None, {"a": b"", "b" * 999: b"", "c" * 999: b""}), SMALL) == "too_many_entries"
    assert reason(zipped(None, {"a": bytes(10_001)}, compressed=False), SMALL) == "too_large"
    assert reason(zipped(None, dict.fromkeys("ab", bytes(6_000)), compressed=False), SMALL) == "too_large"
    assert reason(zipped(None, {"a": bytes(2_000)}), SMALL) == "ratio"
    assert contents(zipped(None, {"a": bytes(1_000)}), SMALL)


def test_a_bomb_that_lies_about_its_size_stops_at_the_size_it_told() -> None:
    data = zipped(None, {"a": bytes(50 * 2**20)})
    lie = struct.pack("<I", 10)
    data = patched(patched(data, b"PK\x01\x02", 24, lie), b"PK\x03\x04", 22, lie)
    file = io.BytesIO(data)
    (entry,) = read_directory(file, len(data), LIMITS)
    with pytest.raises(UnreadableAnswer) as refused:
        next(inflate(file, entry))
    assert refused.value.reason_code == "damaged_entry"


def test_chunks_are_bounded_and_lazy() -> None:
    content = bytes(3 * CHUNK + 5)
    for compressed in (True, False):
        data = zipped(None, {"a": content}, compressed=compressed)
        file = io.BytesIO(data)
        (entry,) = read_directory(file, len(data), Limits(ratio=2_000))
        chunks = list(inflate(file, entry))
        assert max(map(len, chunks)) == CHUNK
        assert b"".join(chunks) == content


def test_overlapping_entries() -> None:
    data = zipped(None, {"a1": b"x" * 100, "a2": b"x" * 100}, compressed=False)
    second = data.rindex(b"PK\x01\x02")
    first_header = data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]
    assert reason(first_header) in ("overlapping_entries", "damaged_zip")
    inner = zipped(None, {"a2": b"x" * 100}, compressed=False)
    nested = zipped(None, {"a1": inner[:132], "a2": b"x" * 100}, compressed=False)
    second = nested.rindex(b"PK\x01\x02")
    into_first = nested[: second + 42] + struct.pack("<I", 32) + nested[second + 46 :]
    assert reason(into_first) == "overlapping_entries"


@pytest.mark.parametrize(
    ("signature", "offset", "new", "expected"),
    [
        (b"PK\x01\x02", 16, b"\1\2\3\4", "damaged_zip"),
        (b"PK\x01\x02", 42, b"\xff\xff\xff\x7f", "damaged_zip"),
        (b"PK\x01\x02", 42, b"\xff\xff\xff\xff", "damaged_zip"),
        (b"PK\x01\x02", 46, b"b", "damaged_zip"),
        (b"PK\x03\x04", 0, b"PK\x03\x05", "damaged_zip"),
        (b"PK\x03\x04", 8, b"\0\0", "damaged_zip"),
        (b"PK\x03\x04", 28, b"\xff\xff", "overlapping_entries"),
        (b"PK\x05\x06", 4, b"\1", "damaged_zip"),
        (b"PK\x05\x06", 10, b"\2", "damaged_zip"),
        (b"PK\x05\x06", 16, b"\0", "damaged_zip"),
        (b"PK\x05\x06", 20, b"\1", "damaged_zip"),
    ],
)
def test_inconsistent_records(signature: bytes, offset: int, new: bytes, expected: str) -> None:
    assert reason(patched(zipped(None, {"a": b"x" * 50}), signature, offset, new)) == expected


def test_damaged_content() -> None:
    plain = zipped(None, {"a": b"x" * 50}, compressed=False)
    assert reason(plain.replace(b"xxx", b"xyx", 1)) == "damaged_entry"
    packed = zipped(None, {"a": bytes(range(200))})
    assert reason(packed[:35] + b"\xff\xff\xff" + packed[38:]) == "damaged_entry"


def test_content_after_the_end_of_the_packed_stream_is_refused() -> None:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(b"hello") + packer.flush()
    data = zipped(None, {"a": packed + b"smuggled"}, compressed=False)
    crc32 = struct.pack("<I", zlib.crc32(b"hello"))
    for signature, at in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        data = patched(data, signature, at, struct.pack("<H", 8))
        data = patched(data, signature, at + 6, crc32)
        data = patched(data, signature, at + 14, struct.pack("<I", 5))
    assert reason(data) == "damaged_entry"


def test_a_zip_in_front_of_which_something_stands_is_not_whole() -> None:
    data = b"prefix" + zipped(None, {"a": b"x"})
    assert find_directory(io.BytesIO(data), len(data)) is None


def test_the_standard_library_wrote_what_we_tamper_with() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert zipfile.ZipFile(io.BytesIO(zipped(None, {"a": b"x"}))).testzip() is None


def test_a_tail_full_of_end_signatures_is_searched_in_no_time() -> None:
    data = b"PK\x03\x04" + b"PK\x05\x06" * 20_000
    file = Counting(data)
    assert find_directory(file, len(data)) is None
    assert file.reads <= 2


class Counting(io.BytesIO):
    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


def test_a_file_shorter_than_told_is_not_whole() -> None:
    data = zipped(None, {"a": b"x"})
    for told in range(len(data) + 1, len(data) + 60):
        assert find_directory(io.BytesIO(data), told) is None
