"""A list of subscriptions as CSV (UTF-8; comma or semicolon) with the columns `organization` and `process`.

In faults the line is that of the text and the column is the number of the cell, both from 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.located import Located
from gateway.domain.identity import OrganizationId

_COLUMNS: Final = ("organization", "process")
_MOST_PROCESS: Final = 30


@dataclass(frozen=True, slots=True)
class Listed:
    """One row: the subscription that it names, and where it stands."""

    organization: str
    process: str
    source: str
    line: int

    @property
    def row(self) -> Located:
        """The row as a place for faults."""
        return Located(None, self.source, self.line, 1, self.line, 1)


def read_list(path: Path) -> tuple[Listed, ...]:
    """The rows of a file. Raises ConfigurationError with every fault in it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fault = Fault("", line, 1, "the text is not UTF-8: save it as CSV UTF-8", path.name)
        raise ConfigurationError([fault]) from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise ConfigurationError([Fault("", 0, 0, f"cannot be read: {reason}", path.name)]) from None
    return load_list(text, path.name)


def load_list(text: str, source: str) -> tuple[Listed, ...]:
    """The same of a text."""
    faults: list[Fault] = []
    found: dict[tuple[str, str], Listed] = {}
    for row in _rows(text, source, faults):
        first = found.setdefault((row.organization, row.process), row)
        if first is not row:
            faults.append(row.row.fault("", f"is listed twice, first on line {first.line}"))
    if not faults and not found:
        faults.append(Fault("", 1, 1, "lists no subscription", source))
    if faults:
        raise ConfigurationError(faults)
    return tuple(found.values())


def _rows(text: str, source: str, faults: list[Fault]) -> Iterator[Listed]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for values in reader:
            cells = [value.strip() for value in values]
            if header is None:
                header = cells
                faults += _header_faults(header, source)
                if faults:
                    return
            elif any(cells):
                wrong = list(_row_faults(header, cells, source, line))
                faults += wrong
                if not wrong:
                    named = dict(zip(header, cells, strict=True))
                    yield Listed(named["organization"], named["process"], source, line)
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault("", max(reader.line_num, 1), 1, f"not valid CSV: {error}", source))
    if header is None and not faults:
        faults.append(Fault("", 1, 1, f"the first line must name the columns: {', '.join(_COLUMNS)}", source))


def _header_faults(header: list[str], source: str) -> Iterator[Fault]:
    for column, name in enumerate(header, 1):
        if name not in _COLUMNS:
            yield Fault("", 1, column, f"unknown column; known: {', '.join(_COLUMNS)}", source)
        elif name in header[: column - 1]:
            yield Fault(name, 1, column, "this column is given twice", source)
    for name in _COLUMNS:
        if name not in header:
            yield Fault(name, 1, 1, "this column is missing", source)


def _row_faults(header: list[str], cells: list[str], source: str, line: int) -> Iterator[Fault]:
    if len(cells) > len(header):
        yield Fault("", line, len(header) + 1, "this row has more cells than the header", source)
        return
    for column, name in enumerate(header, 1):
        cell = cells[column - 1] if column <= len(cells) else ""
        if not cell:
            yield Fault(name, line, column, "is missing", source)
        elif name == "organization":
            try:
                OrganizationId.parse(cell)
            except ValueError as error:
                yield Fault(name, line, column, str(error), source)
        elif len(cell) > _MOST_PROCESS or any(sign.isspace() or sign in "/\\" for sign in cell):
            yield Fault(name, line, column, "is no code of a process", source)
