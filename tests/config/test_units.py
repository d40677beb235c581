"""Durations and sizes."""

from datetime import timedelta

import pytest

from gateway.config.units import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("10m", timedelta(minutes=10)),
        ("1h", timedelta(hours=1)),
        ("14d", timedelta(days=14)),
        (timedelta(days=2), timedelta(days=2)),
    ],
)
def test_durations(text: object, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "10", 10, None, True, "1.5h", "-1s", "1 h", "1w", "1h30m", "1h\n", "١s", "40000d"]
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"must (be a duration|not be longer)"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1B", 1), ("2KiB", 2048), ("1 MiB", 1048576), ("1GiB", 1073741824), ("1TiB", 1099511627776), (7, 7)],
)
def test_sizes(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "10", None, True, 1.5, "1.5GiB", "-1B", "1GB", "1gib", "1GiB\n"])
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="must be a size"):
        parse_size(text)
