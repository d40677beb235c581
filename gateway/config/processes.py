"""What is known of processes beforehand; a process that is declared without these fields takes them from here."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from gateway.config.loading import read_document
from gateway.config.located import load
from gateway.config.units import Duration
from gateway.config.validation import validate
from gateway.domain.referential import Process
from gateway.domain.statuses import FINAL, Status, StatusRules

Word = Annotated[str, Field(min_length=1, max_length=255)]
Mime = Annotated[str, Field(pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$", max_length=255)]
Days = Annotated[int, Field(ge=0, le=36525)]

_PACKAGED: Final = "processes.yaml"


class ProcessDefaults(BaseModel):
    """The fields of one process, spelt as the hub spells them where it has them (hub v1, Referential)."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    code: str = Field(pattern=r"^[^\s/\\]+$", max_length=30, description="the process code")
    name: Word = Field(description="its name for people, in French")
    description: str | None = Field(default=None, description="a sentence more")
    attachment_types_enabled: tuple[Word, ...] = Field(default=(), description="allowed types; empty: any")
    attachment_formats_enabled: tuple[Mime, ...] = Field(default=(), description="allowed MIME types; empty: any")
    si_attachment_formats_enabled: tuple[Mime, ...] = Field(
        default=(), description="MIME types that recipients may attach; empty: none"
    )
    attachment_max_size_enabled: int | None = Field(
        default=None, ge=1, description="bytes of one attachment; none: the gateway's own limit"
    )
    supporting_types: tuple[Word, ...] = Field(
        default=(), description="attachment types that legacy archives carry as pj; the others are doc"
    )
    mandatory_status: Status | None = Field(
        default=Status.SI_RECEIVED, description="the intermediate status that no case may skip; none: no such status"
    )
    final_statuses: tuple[Status, ...] = Field(
        default=(Status.DONE, Status.REFUSED), min_length=1, description="how a case may end: DONE, REFUSED"
    )
    authorized_awaiting: bool = Field(default=False, description="whether recipients may ask for complements")
    transitions: Literal["open", "strict"] = Field(
        default="open", description="open: any known status is stored; strict: the transition table applies"
    )
    extra_transitions: dict[Status, tuple[Status, ...]] = Field(
        default_factory=dict, description="what recipients may do beyond the table: status before, statuses after"
    )
    message_to_transmitter: bool = Field(default=True, description="whether recipients may write to the depositor")
    message_with_status: bool = Field(default=True, description="whether such a message may go with a status")
    status_before_file_deletion: Status | None = Field(
        default=Status.CLOSED, description="the status that a case must have before its files are purged"
    )
    time_before_file_deletion: Days | None = Field(default=90, description="days from then to the purge of files")
    time_before_archiving: Days | None = Field(default=30, description="days from CLOSED to ARCHIVED")
    time_before_folder_deletion: Days | None = Field(default=365, description="days to the purge of the folder")
    subscription_validation: Literal["Auto", "Manual"] = Field(
        default="Auto", description="who validates subscriptions"
    )
    legal_justification: str | None = Field(default=None, description="the text that allows the exchange")
    expire_undelivered_after: Duration | None = Field(
        default=None, description="a delivery that nobody takes expires (duration); none: expiry.default_after"
    )

    @field_validator("final_statuses")
    @classmethod
    def _ends(cls, statuses: tuple[Status, ...]) -> tuple[Status, ...]:
        if not FINAL.issuperset(statuses):
            raise ValueError(f"must be among {', '.join(sorted(FINAL))}")
        return statuses

    @model_validator(mode="after")
    def _supporting(self) -> ProcessDefaults:
        unknown = sorted({*self.supporting_types} - {*self.attachment_types_enabled})
        if self.attachment_types_enabled and unknown:
            raise ValueError(f"supportingTypes not among attachmentTypesEnabled: {', '.join(unknown)}")
        return self

    def process(self, *, default_expiry: timedelta, osl: str | None = None) -> Process:
        """The process as the domain knows it; `default_expiry` where this one says nothing of its own."""
        return Process(
            code=self.code,
            name=self.name,
            osl=osl,
            description=self.description,
            attachment_types=self.attachment_types_enabled,
            attachment_formats=self.attachment_formats_enabled,
            recipient_formats=self.si_attachment_formats_enabled,
            attachment_max_size=self.attachment_max_size_enabled,
            supporting_types=self.supporting_types,
            rules=self.rules(),
            message_to_transmitter=self.message_to_transmitter,
            message_with_status=self.message_with_status,
            status_before_file_deletion=self.status_before_file_deletion,
            time_before_file_deletion=self.time_before_file_deletion,
            time_before_archiving=self.time_before_archiving,
            time_before_folder_deletion=self.time_before_folder_deletion,
            subscription_validation=self.subscription_validation,
            legal_justification=self.legal_justification,
            expire_after=self.expire_undelivered_after or default_expiry,
        )

    def rules(self) -> StatusRules:
        """What the process asks of the statuses of its cases."""
        return StatusRules(
            mandatory=self.mandatory_status,
            final=frozenset(self.final_statuses),
            awaiting=self.authorized_awaiting,
            strict=self.transitions == "strict",
            extra={before: frozenset(after) for before, after in self.extra_transitions.items()},
        )


class ProcessFile(BaseModel):
    """The document: a list of processes under one key."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    processes: tuple[ProcessDefaults, ...] = Field(description="one entry per process")

    @field_validator("processes")
    @classmethod
    def _once(cls, processes: tuple[ProcessDefaults, ...]) -> tuple[ProcessDefaults, ...]:
        codes = [process.code for process in processes]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"given twice: {', '.join(twice)}")
        return processes


def load_processes(path: Path | None) -> dict[str, ProcessDefaults]:
    """The processes of a file by code; None: of the packaged one. Raises ConfigurationError listing every fault."""
    if path is None:
        document = load((files("gateway.config") / _PACKAGED).read_text(encoding="utf-8"), _PACKAGED)
    else:
        document = read_document(path)
    return {process.code: process for process in validate(ProcessFile, document).processes}
