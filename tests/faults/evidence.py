"""What a data directory holds, read past the gateway: rows from the file, bytes from the blobs."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

ACKNOWLEDGED = ("ACCEPTED", "REJECTED")


class Evidence:
    """Rows and bytes below a data directory, as they are now."""

    def __init__(self, data_dir: Path) -> None:
        self._database = data_dir / "gateway.db"
        self._objects = data_dir / "blobs" / "objects"

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._database)) as connection:
            return connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> tuple[Any, ...]:
        (found,) = self.rows(sql, *values)
        return found

    def content(self, key: str) -> bytes:
        return (self._objects / key[:2] / key[2:4] / key).read_bytes()

    def check(self) -> None:
        """What holds at any moment of any story: nothing is half there, and nothing counts twice."""
        assert self.row("PRAGMA integrity_check") == ("ok",)
        assert self.rows("PRAGMA foreign_key_check") == []
        self._check_bytes()
        self._check_acknowledgements()
        self._check_statuses()

    def _check_bytes(self) -> None:
        kept = self.rows("SELECT blob_key, size, sha256 FROM attachments WHERE status = 'RECEIVED'")
        kept += self.rows("SELECT blob_key, size, sha256 FROM answers")
        for key, size, digest in kept:
            content = self.content(key)
            assert len(content) == size
            assert hashlib.sha256(content).digest() == digest
        assert self.rows("SELECT id FROM attachments WHERE status = 'PENDING' AND blob_key IS NOT NULL") == []

    def _check_acknowledgements(self) -> None:
        counted = self.rows(
            "SELECT d.state, d.closed_at, count(j.seq) FROM deliveries d LEFT JOIN journal j ON j.delivery_id = d.id"
            " AND j.entry IN ('delivery.accepted', 'delivery.rejected') GROUP BY d.id"
        )
        for state, closed_at, lines in counted:
            assert lines == (state in ACKNOWLEDGED)
            assert (closed_at is None) == (state in ("READY", "FETCHED"))

    def _check_statuses(self) -> None:
        """A case's status is that of its last line in the journal, and has its event; a published case its archive."""
        for case, status, publication in self.rows("SELECT id, status, publication FROM cases"):
            said = self.rows(
                "SELECT json_extract(detail, '$.to') FROM journal"
                " WHERE case_id = ? AND entry = 'case.status' ORDER BY seq",
                case,
            )
            expected = said[-1][0] if said else "HUBEE_NOTIFIED" if publication else "HUBEE_RECEIVED"
            assert status == expected
            events = self.rows("SELECT new_status FROM events WHERE case_id = ? AND new_status IS NOT NULL", case)
            assert len(events) == len(said)
            archives = self.rows(
                "SELECT d.state FROM deliveries d JOIN archives a ON a.delivery_id = d.id WHERE d.case_id = ?", case
            )
            assert len(archives) == publication
            for (state,) in archives:
                assert state != "FETCHED" or status != "HUBEE_NOTIFIED"
