"""How faults are told."""

import pytest

from gateway.config.faults import ConfigurationError, Fault


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault("http.port", 3, 9, "is missing", "gateway.yaml"), "gateway.yaml:3:9: http.port: is missing"),
        (Fault("http.port", 3, 9, "is missing"), "line:3:9: http.port: is missing"),
        (Fault("", 3, 9, "not valid YAML", "gateway.yaml"), "gateway.yaml:3:9: not valid YAML"),
        (Fault("http.port", 0, 0, "is missing", "GATEWAY__HTTP__PORT"), "GATEWAY__HTTP__PORT: http.port: is missing"),
        (Fault("a", 0, 0, "is missing"), "a: is missing"),
    ],
)
def test_a_fault_says_where_and_what(fault: Fault, told: str) -> None:
    assert str(fault) == told


def test_faults_are_told_once_in_the_order_of_the_text() -> None:
    late, early = Fault("b", 12, 1, "x", "f"), Fault("a", 2, 30, "y", "f")
    error = ConfigurationError([late, early, late])
    assert error.faults == (early, late)
    assert str(error) == "f:2:30: a: y\nf:12:1: b: x"
