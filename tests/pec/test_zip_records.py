from datetime import UTC, datetime

from gateway.pec.zip_records import central_header, dos_time, end_records, local_header


def test_local_header_byte_by_byte() -> None:
    header = local_header(b"n", 0x01020304, 0xA1B2C3D4, (0x1111, 0x2222))
    assert header.hex() == "504b030414000008000011112222d4c3b2a10403020104030201010000006e"


def test_central_header_byte_by_byte() -> None:
    header = central_header(b"n", 1, 2, (0x1111, 0x2222), 3)
    fixed = "504b0102140314000008000011112222020000000100000001000000"
    assert header.hex() == fixed + "010000000000000000000000a481030000006e"


def test_end_records_byte_by_byte() -> None:
    assert end_records(2, 3, 4).hex() == "504b0506000000000200020003000000040000000000"
    wide = end_records(1, 2, 2**32)
    record = "504b06062c000000000000002d032d00000000000000000001000000000000000100000000000000"
    record += "02000000000000000000000001000000"
    locator = "504b060700000000020000000100000001000000"
    assert wide.hex() == record + locator + "504b0506000000000100010002000000ffffffff0000"


def test_time_is_paris_summer_and_winter() -> None:
    assert dos_time(datetime(2026, 7, 1, 22, 0, 1, tzinfo=UTC)) == (0, 46 << 9 | 7 << 5 | 2)
    assert dos_time(datetime(2026, 1, 1, 22, 0, 3, tzinfo=UTC)) == (23 << 11 | 1, 46 << 9 | 1 << 5 | 1)
