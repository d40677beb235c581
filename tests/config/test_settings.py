"""The settings, and the annotated file that shows their defaults."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from gateway.config.environment import variables
from gateway.config.faults import ConfigurationError
from gateway.config.located import Located, load
from gateway.config.section import SECRET_ONLY
from gateway.config.settings import Database, Settings
from gateway.config.validation import validate

ANNOTATED = Path(__file__).parents[2] / "config" / "gateway.yaml"


def keys_of(document: Located, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every path that leads to a value, mappings of codes taken as one value."""
    assert isinstance(document.value, dict)
    for key, child in document.value.items():
        path = (*prefix, key)
        if isinstance(child.value, dict) and path != ("answers", "codes"):
            yield from keys_of(child, path)
        else:
            yield path


def models_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from models_of(field.annotation)


def refused(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        validate(Settings, load(text, "f"))
    return str(caught.value)


def test_the_annotated_file_holds_every_key_with_its_default() -> None:
    document = load(ANNOTATED.read_text(encoding="utf-8"), "gateway.yaml")
    known = [keys for keys, field in variables(Settings).values() if field.json_schema_extra != SECRET_ONLY]
    assert list(keys_of(document)) == known
    assert validate(Settings, document) == Settings()


def test_every_key_of_the_annotated_file_is_explained() -> None:
    lines = ANNOTATED.read_text(encoding="utf-8").splitlines()
    values = [line for line in lines if re.match(r" *\w+: *[^ #]", line)]
    assert len(values) > 40
    assert [line for line in values if "  # " not in line and " # " not in line] == []


def test_every_setting_has_a_default_and_a_description() -> None:
    for model in models_of(Settings):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            assert not field.is_required(), f"{model.__name__}.{name}"


def test_durations_and_sizes_say_their_unit() -> None:
    for keys, field in variables(Settings).values():
        if field.annotation is timedelta:
            assert "(duration)" in (field.description or ""), keys


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().http.port = 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("http: {port: 65536}", "f:1:14: http.port: must be less than or equal to 65535"),
        ("http: {port: '8080'}", "f:1:14: http.port: must be a whole number"),
        ("htpp: {}", "f:1:1: htpp: unknown key; did you mean `http`?"),
        ("http: {prot: 1}", "f:1:8: http.prot: unknown key; did you mean `port`?"),
        ("tokens: {lifetime: 0s}", "f:1:20: tokens.lifetime: must be longer than 0s"),
        ("limits: {json_max_size: 0}", "f:1:25: limits.json_max_size: must be greater than 0"),
        ("database: {url: 'mysql://a'}", "f:1:17: database.url: must be empty, postgresql://… or sqlite:///…"),
        ("blobs: {url: 's3://'}", "f:1:14: blobs.url: must be empty or s3://bucket/prefix?endpoint=…"),
        ("blobs: {url: 's3://a:b@c'}", "f:1:14: blobs.url: must hold no credentials: give them in the environment"),
        ("operator: {branchCode: 35238}", "f:1:24: operator.branchCode: must be text: put it in quotes"),
        ("log: {level: trace}", "f:1:14: log.level: must be 'debug', 'info', 'warning' or 'error'"),
        ("outbox: {ceiling: 1s}", "f:1:9: outbox: ceiling must not be shorter than first_delay"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(text: str, fault: str) -> None:
    assert refused(text) == fault


def test_a_grace_may_be_nothing() -> None:
    assert validate(Settings, load("answers: {grace: 0s}", "f")).answers.grace == timedelta(0)


def test_a_secret_is_in_no_representation_and_no_error() -> None:
    database = Database(url=SecretStr("postgresql://u:hunter2@h/d"))
    assert "hunter2" not in repr(database) + str(database) + database.model_dump_json()
    assert "hunter2" not in refused("database: {url: 'mysql://u:hunter2@h/d'}")


def test_paths_follow_the_data_directory_unless_said_otherwise() -> None:
    settings = validate(Settings, load("data_dir: /srv/gateway", "f"))
    assert settings.blobs_path == Path("/srv/gateway/blobs")
    assert settings.host_keys_path == Path("/srv/gateway/host_keys")
    assert settings.processes_path is None
    settings = validate(Settings, load("{host_keys: {dir: /etc/keys}, processes_file: p.yaml}", "f"))
    assert (settings.host_keys_path, settings.processes_path) == (Path("/etc/keys"), Path("p.yaml"))
