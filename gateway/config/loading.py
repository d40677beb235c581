"""From a file and the environment to Settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.config.environment import overlay, variables
from gateway.config.faults import ConfigurationError, Fault
from gateway.config.located import Located, load
from gateway.config.section import SECRET_ONLY
from gateway.config.settings import Settings
from gateway.config.validation import validate


def read_document(path: Path) -> Located:
    """Load a YAML file; faults call it by its file name. Raises ConfigurationError, also when it cannot be read."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError([Fault("", line, 1, "the text is not UTF-8", path.name)]) from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise ConfigurationError([Fault("", 0, 0, f"cannot be read: {reason}", path.name)]) from None
    return load(text, path.name)


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of the file (None: the defaults), with `GATEWAY__SECTION__KEY` of the environment over them.

    An empty `processes_file` becomes `processes.yaml` beside the file if there is one. Raises ConfigurationError
    with every fault of file and environment; no secret is in it.
    """
    document = Located({}, "") if path is None else read_document(path)
    faults = list(_secrets_in_file(document))
    faults += overlay(document, Settings, environ)
    try:
        settings = validate(Settings, document)
    except ConfigurationError as error:
        raise ConfigurationError([*faults, *error.faults]) from None
    if faults:
        raise ConfigurationError(faults)
    beside = path.parent / "processes.yaml" if path else None
    if beside and not settings.processes_file and beside.is_file():
        return settings.model_copy(update={"processes_file": str(beside)})
    return settings


def _secrets_in_file(document: Located) -> Iterator[Fault]:
    """A fault for each value that only the environment may give."""
    for variable, (keys, field) in variables(Settings).items():
        node: Located | None = document
        for key in keys:
            node = node.child(key) if node else None
        if node is not None and field.json_schema_extra == SECRET_ONLY:
            yield node.fault(".".join(keys), f"a secret does not belong here: give it in {variable}", at_key=True)
