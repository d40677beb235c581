"""Answers that legacy servers uploaded."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, func, or_, select, text, update

from gateway.domain.answers import Answer, AnswerState, Held
from gateway.domain.blob import Blob
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import answers
from gateway.store.values import at, from_ms, to_ms

_c = answers.c
_COLUMNS = [
    _c.id,
    _c.account_id,
    _c.process_code,
    _c.name,
    _c.blob_key,
    _c.size,
    _c.sha256,
    _c.crc32,
    _c.state,
    _c.received_at,
    _c.settled_at,
    _c.directory,
    _c.error,
    _c.case_id,
    _c.hidden,
]
UNSETTLED = text("answers.state IN ('PARTIAL','QUEUED')")  # spelt as the index spells it

HELD = text("answers.state IN ('PARTIAL','QUEUED','REFUSED')")  # the same

_INSERT = insert_into(answers)
_GET = Statement(select(*_COLUMNS).where(_c.id == bindparam("id")))
_HOLD = Statement(select(*_COLUMNS).where(_c.id == bindparam("id")).with_for_update())
_of_directory = select(*_COLUMNS).where(
    _c.account_id == bindparam("account"),
    _c.process_code == bindparam("process"),
    _c.directory == bindparam("directory"),
    ~_c.hidden,
)
_DIRECTORY = Statement(
    _of_directory.where(or_(_c.directory == "", _c.settled_at > bindparam("since"))).order_by(_c.received_at)
)
_FIND = Statement(_of_directory.where(_c.name == bindparam("name")))
_UNSETTLED = Statement(
    select(_c.id)
    .where(
        UNSETTLED,
        _c.state == bindparam("state"),
        _c.received_at <= bindparam("before"),
    )
    .order_by(_c.received_at, _c.id)
    .limit(bindparam("most"))
)
_HELD = Statement(
    select(func.coalesce(func.sum(_c.size), 0), func.count()).where(
        HELD,
        _c.account_id == bindparam("account"),
        or_(_c.settled_at.is_(None), _c.settled_at > bindparam("since")),
    )
)
_GRACE = Statement(
    select(_c.id)
    .where(
        text("answers.directory = '' AND answers.state IN ('TAKEN','DUPLICATE')"),
        _c.settled_at <= bindparam("before"),
    )
    .order_by(_c.settled_at)
    .limit(bindparam("most"))
)
_COUNTED = Statement(
    select(_c.id)
    .where(
        _c.case_id == bindparam("case"),
        _c.publication == bindparam("publication"),
        _c.sha256 == bindparam("digest"),
        _c.state == "TAKEN",
    )
    .limit(1)
)
_CHANGE = Statement(
    update(answers)
    .where(_c.id == bindparam("of"), _c.state == bindparam("before"))
    .values(
        state=bindparam("after"),
        settled_at=bindparam("now"),
        directory=bindparam("to_directory"),
        name=bindparam("to_name"),
        error=bindparam("because"),
        case_id=bindparam("about"),
        publication=bindparam("in_publication"),
        hidden=bindparam("is_hidden"),
    )
)
_RENAME = Statement(
    update(answers)
    .where(_c.id == bindparam("of"))
    .values(
        directory=bindparam("to_directory"),
        name=bindparam("to_name"),
        state=bindparam("to_state"),
        received_at=bindparam("now"),
    )
)
_MOVE = Statement(
    update(answers)
    .where(_c.id == bindparam("of"))
    .values(directory=bindparam("to_directory"), name=bindparam("to_name"))
)
_DELETE = Statement(delete(answers).where(_c.id == bindparam("of"), _c.state == "PARTIAL"))
_HIDE = Statement(update(answers).where(_c.id == bindparam("of")).values(hidden=True))


class Answers:
    """Rows of `answers`. A hidden one is in no listing; it is taken in all the same, and stays in the evidence."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Answer) -> None:
        """Adds a new one."""
        self._session.run(
            _INSERT,
            id=new.id,
            account_id=new.account_id,
            process_code=new.process,
            directory=new.directory,
            name=new.name,
            state=new.state,
            blob_key=new.blob.key,
            size=new.blob.size,
            sha256=new.blob.sha256,
            crc32=new.blob.crc32,
            received_at=to_ms(new.received_at),
            settled_at=to_ms(new.settled_at),
            hidden=False,
            error=new.error,
            case_id=new.case_id,
            publication=None,
        )

    def get(self, identifier: str) -> Answer | None:
        """The answer of that id."""
        row = self._session.row(_GET, id=identifier)
        return None if row is None else _answer(row)

    def hold(self, identifier: str) -> Answer | None:
        """The same; nobody else changes it before this transaction ends."""
        row = self._session.row(_HOLD, id=identifier)
        return None if row is None else _answer(row)

    def directory(self, account: str, process: str, directory: str, since: datetime) -> list[Answer]:
        """What the account's out/ directory shows; of DONE and FAILED what was settled after `since`."""
        rows = self._session.rows(_DIRECTORY, account=account, process=process, directory=directory, since=to_ms(since))
        return [_answer(row) for row in rows]

    def find(self, account: str, process: str, directory: str, name: str) -> Answer | None:
        """The listed file of that name."""
        row = self._session.row(_FIND, account=account, process=process, directory=directory, name=name)
        return None if row is None else _answer(row)

    def held(self, account: str, since: datetime) -> Held:
        """What of an account's waits to be taken in or to be completed, and what was refused after a date."""
        row = self._session.row(_HELD, account=account, since=to_ms(since))
        assert row is not None
        return Held(int(row[0]), int(row[1]))

    def unsettled(self, state: AnswerState, before: datetime, most: int) -> list[str]:
        """The ids of answers in that state that were received at or before a date, oldest first."""
        rows = self._session.rows(_UNSETTLED, state=state, before=to_ms(before), most=most)
        return [identifier for (identifier,) in rows]

    def past_grace(self, before: datetime, most: int) -> list[str]:
        """The ids of answers taken in at or before a date that still show in out/ itself."""
        return [identifier for (identifier,) in self._session.rows(_GRACE, before=to_ms(before), most=most)]

    def counted(self, case_id: str, publication: int, digest: bytes) -> bool:
        """Whether the same bytes already counted for that publication of the case."""
        row = self._session.row(_COUNTED, case=case_id, publication=publication, digest=digest)
        return row is not None

    def settle(
        self,
        answer: Answer,
        after: AnswerState,
        now: datetime,
        *,
        directory: str = "",
        name: str | None = None,
        error: str | None = None,
        case_id: str | None = None,
        publication: int | None = None,
    ) -> bool:
        """Moves an answer from its state to `after`; False if somebody else has. In FAILED it shows, hidden or not."""
        changed = self._session.run(
            _CHANGE,
            of=answer.id,
            before=answer.state,
            after=after,
            now=to_ms(now),
            to_directory=directory,
            to_name=name or answer.name,
            because=error,
            about=case_id,
            in_publication=publication,
            is_hidden=answer.hidden and directory == "",
        )
        return changed == 1

    def rename(self, identifier: str, directory: str, name: str, state: AnswerState, now: datetime) -> None:
        """Gives an upload its other name, and the state that follows from it."""
        self._session.run(_RENAME, of=identifier, to_directory=directory, to_name=name, to_state=state, now=to_ms(now))

    def move(self, identifier: str, directory: str, name: str) -> None:
        """Shows a settled answer somewhere else."""
        self._session.run(_MOVE, of=identifier, to_directory=directory, to_name=name)

    def delete(self, identifier: str) -> None:
        """Deletes an upload that never became an answer."""
        self._session.run(_DELETE, of=identifier)

    def hide(self, identifier: str) -> None:
        """Takes it out of every listing."""
        self._session.run(_HIDE, of=identifier)


def _answer(row: Row) -> Answer:
    return Answer(
        id=row[0],
        account_id=row[1],
        process=row[2],
        name=row[3],
        blob=Blob(row[4], row[5], bytes(row[6]), row[7]),
        state=AnswerState(row[8]),
        received_at=at(row[9]),
        settled_at=from_ms(row[10]),
        directory=row[11],
        error=row[12],
        case_id=row[13],
        hidden=bool(row[14]),
    )
