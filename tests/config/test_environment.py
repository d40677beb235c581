"""Variables over a document."""

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from gateway.config.environment import overlay, variables
from gateway.config.faults import ConfigurationError
from gateway.config.located import load
from gateway.config.validation import validate


class Door(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    port: int = 1
    company_register: str = Field(default="0", alias="companyRegister")
    codes: dict[int, str] = Field(default_factory=dict)
    password: SecretStr = SecretStr("")
    on: bool = True


class Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    door: Door = Door()
    name: str = ""


def laid_over(text: str, **environ: str) -> Model:
    document = load(text, "f")
    assert overlay(document, Model, environ) == []
    return validate(Model, document)


def test_every_key_has_a_variable() -> None:
    assert {variable: keys for variable, (keys, _) in variables(Model).items()} == {
        "GATEWAY__DOOR__PORT": ("door", "port"),
        "GATEWAY__DOOR__COMPANY_REGISTER": ("door", "companyRegister"),
        "GATEWAY__DOOR__CODES": ("door", "codes"),
        "GATEWAY__DOOR__PASSWORD": ("door", "password"),
        "GATEWAY__DOOR__ON": ("door", "on"),
        "GATEWAY__NAME": ("name",),
    }


@pytest.mark.parametrize("text", ["", "door:\n", "door: {port: 2}\n", "name: x\ndoor: {companyRegister: '5'}\n"])
def test_the_environment_wins_over_the_file(text: str) -> None:
    model = laid_over(text, GATEWAY__DOOR__PORT="8080", GATEWAY__NAME="9", GATEWAY__DOOR__ON="false", HOME="/x")
    assert (model.door.port, model.name, model.door.on) == (8080, "9", False)


def test_text_stays_text_and_mappings_replace_the_whole() -> None:
    model = laid_over(
        "door: {codes: {1: a}}\n",
        GATEWAY__DOOR__COMPANY_REGISTER="00000000000000",
        GATEWAY__DOOR__PASSWORD="12",
        GATEWAY__DOOR__CODES="{2: b}",
    )
    assert model.door.company_register == "00000000000000"
    assert model.door.password.get_secret_value() == "12"
    assert model.door.codes == {2: "b"}


@pytest.mark.parametrize(
    ("variable", "value", "fault"),
    [
        (
            "GATEWAY__DOOR__PROT",
            "1",
            "GATEWAY__DOOR__PROT: unknown environment variable; did you mean GATEWAY__DOOR__PORT?",
        ),
        ("GATEWAY__", "1", "GATEWAY__: unknown environment variable"),
        ("GATEWAY__DOOR", "1", "GATEWAY__DOOR: unknown environment variable; did you mean GATEWAY__DOOR__ON?"),
        ("GATEWAY__door__port", "1", "GATEWAY__door__port: unknown environment variable"),
        (
            "GATEWAY__DOOR__CODES",
            "{hunter2: &a b}",
            "GATEWAY__DOOR__CODES: door.codes: not a valid YAML value: anchors (&name) are not supported",
        ),
    ],
)
def test_what_no_key_knows_is_refused_by_its_name(variable: str, value: str, fault: str) -> None:
    assert [str(each) for each in overlay(load("", "f"), Model, {variable: value})] == [fault]


@pytest.mark.parametrize(
    ("variable", "value", "fault"),
    [
        ("GATEWAY__DOOR__PORT", "x", "GATEWAY__DOOR__PORT: door.port: must be a whole number"),
        ("GATEWAY__DOOR__PORT", "", "GATEWAY__DOOR__PORT: door.port: must be a whole number"),
        ("GATEWAY__DOOR__ON", "yes", "GATEWAY__DOOR__ON: door.on: must be true or false"),
        ("GATEWAY__DOOR__CODES", "\n\n{1: 2}", "GATEWAY__DOOR__CODES: door.codes.1: must be text: put it in quotes"),
    ],
)
def test_a_wrong_value_is_told_by_its_variable(variable: str, value: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        laid_over("door: {port: 2}\n", **{variable: value})
    assert str(caught.value) == fault


def test_a_section_that_the_file_spells_wrong_is_still_refused() -> None:
    with pytest.raises(ConfigurationError, match="f:1:7: door: must be a mapping"):
        laid_over("door: 1\n", GATEWAY__DOOR__PORT="1")
