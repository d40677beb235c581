"""What every section of the settings is made of."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Port = Annotated[int, Field(ge=0, le=65535)]
Count = Annotated[int, Field(ge=1)]
SECRET_ONLY: Final[dict[str, JsonValue]] = {"environment_only": True}
"""Marks a field that is refused in the file and read from the environment alone."""


class Section(BaseModel):
    """A part of the settings: unknown keys are refused, values are not converted, nothing changes later."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        validate_by_name=True,
        hide_input_in_errors=True,
    )
