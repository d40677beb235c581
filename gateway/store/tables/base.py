"""What all tables share. Dates are milliseconds since 1970 UTC; enumerations are stored as their text.

Statements are spelt with SQLAlchemy Core on these tables and run by `session.py`; migrations/ builds the same schema.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identifier = String(36)
OrganizationName = String(40)
ProcessCode = String(30)
Instant = BigInteger
Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER key
