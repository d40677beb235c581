"""CSV files of `gateway bulk`: a row for each thing that is done, with the place of every cell for faults.

UTF-8, comma or semicolon, the columns in any order. In faults the line is that of the text and the column is the number
of the cell, both from 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.config import ConfigurationError, Fault
from gateway.domain.authorized_keys import parse
from gateway.domain.identity import OrganizationId
from gateway.services.bulk import MOST_ROWS, RowFault
from gateway.services.merging import SOURCE, TARGET, Merger
from gateway.services.rotating import ACCOUNT, CLIENT, KEY, Rotation
from gateway.services.suspending import Named

_ORGANIZATION, _PROCESS = "organization", "process"
_LONGEST: Final = 16_384


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells that are not empty, by column, and where it stands."""

    cells: dict[str, str]
    header: tuple[str, ...]
    source: str
    line: int

    def fault(self, column: str, message: str) -> Fault:
        """A fault in that cell, or of the whole row."""
        number = self.header.index(column) + 1 if column in self.header else 1
        return Fault(column, self.line, number, message, self.source)


class Rows(tuple[Row, ...]):
    """The rows of a file, as the services number them."""

    __slots__ = ()

    def placed(self, faults: Iterable[RowFault]) -> ConfigurationError:
        """What a service found wrong, each at its cell."""
        return ConfigurationError(self[fault.row].fault(fault.column, fault.message) for fault in faults)


def read_named(path: Path) -> tuple[Rows, list[Named]]:
    """Subscriptions: `organization`, `process`. Raises ConfigurationError with every fault."""
    rows = _read(path, (_ORGANIZATION, _PROCESS), ())
    faults = [*_absent(rows, (_ORGANIZATION, _PROCESS)), *_unnamed(rows, (_ORGANIZATION,))]
    if faults:
        raise ConfigurationError(faults)
    return rows, [Named(row.cells[_ORGANIZATION], row.cells[_PROCESS]) for row in rows]


def read_mergers(path: Path) -> tuple[Rows, list[Merger]]:
    """Organizations: `source`, `target`. Raises as above."""
    rows = _read(path, (SOURCE, TARGET), ())
    faults = [*_absent(rows, (SOURCE, TARGET)), *_unnamed(rows, (SOURCE, TARGET))]
    if faults:
        raise ConfigurationError(faults)
    return rows, [
        Merger(OrganizationId.parse(row.cells[SOURCE]), OrganizationId.parse(row.cells[TARGET])) for row in rows
    ]


def read_rotations(path: Path) -> tuple[Rows, list[Rotation]]:
    """Credentials: `client_id` or `username`, and with that perhaps its next `public_key`. Raises as above."""
    rows = _read(path, (), (CLIENT, ACCOUNT, KEY))
    faults = []
    for row in rows:
        cells = row.cells
        if (CLIENT in cells) == (ACCOUNT in cells):
            faults.append(row.fault("", "names either a client_id or a username"))
        elif CLIENT in cells and KEY in cells:
            faults.append(row.fault(KEY, "a client has no key: leave this cell empty"))
        elif KEY in cells:
            faults += [row.fault(KEY, message) for message in _key_faults(cells[KEY])]
    if faults:
        raise ConfigurationError(faults)
    return rows, [Rotation(row.cells.get(CLIENT), row.cells.get(ACCOUNT), row.cells.get(KEY)) for row in rows]


def _key_faults(text: str) -> Iterator[str]:
    if len(text) > _LONGEST:
        yield f"a key has {_LONGEST} characters at most"
        return
    try:
        found = parse(text)
    except ValueError as error:
        yield str(error)
        return
    if found.authority:
        yield "an authority is no key to log in by: gateway import declares it"


def _absent(rows: Rows, columns: Sequence[str]) -> Iterator[Fault]:
    yield from (row.fault(column, "is missing") for row in rows for column in columns if column not in row.cells)


def _unnamed(rows: Rows, columns: Sequence[str]) -> Iterator[Fault]:
    for row in rows:
        for column in columns:
            try:
                OrganizationId.parse(row.cells.get(column, "SI-00000000000000-0"))
            except ValueError as error:
                yield row.fault(column, str(error))


def _read(path: Path, needed: Sequence[str], optional: Sequence[str]) -> Rows:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        message = "the text is not UTF-8: save it as CSV UTF-8"
        raise ConfigurationError([Fault("", line, 1, message, path.name)]) from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise ConfigurationError([Fault("", 0, 0, f"cannot be read: {reason}", path.name)]) from None
    faults: list[Fault] = []
    rows = Rows(_rows(text, path.name, needed, (*needed, *optional), faults))
    if not rows and not faults:
        faults.append(Fault("", 1, 1, "holds no row", path.name))
    if len(rows) > MOST_ROWS:
        faults.append(rows[MOST_ROWS].fault("", f"a file has {MOST_ROWS} rows at most: split it"))
    if faults:
        raise ConfigurationError(faults)
    return rows


def _rows(text: str, source: str, needed: Sequence[str], known: Sequence[str], faults: list[Fault]) -> Iterator[Row]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: tuple[str, ...] | None = None
    line = 1
    try:
        for values in reader:
            cells = [value.strip() for value in values]
            if header is None:
                header = tuple(cells)
                faults += _header_faults(header, source, needed, known)
                if faults:
                    return
            elif any(cells):
                if len(cells) > len(header):
                    faults.append(Fault("", line, len(header) + 1, "this row has more cells than the header", source))
                found = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
                yield Row(found, header, source, line)
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault("", max(reader.line_num, 1), 1, f"not valid CSV: {error}", source))
    if header is None and not faults:
        faults.append(Fault("", 1, 1, f"the first line must name the columns: {', '.join(known)}", source))


def _header_faults(
    header: tuple[str, ...], source: str, needed: Sequence[str], known: Sequence[str]
) -> Iterator[Fault]:
    for column, name in enumerate(header, 1):
        if name not in known:
            yield Fault("", 1, column, f"unknown column; known: {', '.join(known)}", source)
        elif name in header[: column - 1]:
            yield Fault(name, 1, column, "this column is given twice", source)
    for name in needed:
        if name not in header:
            yield Fault(name, 1, 1, "this column is missing", source)
