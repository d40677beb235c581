"""How many examples are tried: few in the suite, many times as many with `--hypothesis-profile=fuzz`."""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, settings

FUZZ: Final = "fuzz"
_TIMES: Final = 200
_NEVER_MIND: Final = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)

settings.register_profile(FUZZ, deadline=None, print_blob=True, suppress_health_check=_NEVER_MIND)


def examples(number: int, steps: int = 50) -> settings:
    """Settings for one harness: `number` examples in the suite; `steps` are those of a state machine."""
    many = settings.get_current_profile_name() == FUZZ
    return settings(
        max_examples=number * (_TIMES if many else 1),
        stateful_step_count=steps * (2 if many else 1),
        deadline=None,
        suppress_health_check=_NEVER_MIND,
        print_blob=True,
    )
