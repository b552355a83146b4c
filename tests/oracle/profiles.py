"""How long a property is tried: a few dozen examples in the quick suite, the same ones every time; many new ones in the soak.

An example starts a server and asks it over HTTP, so examples are not made smaller in the quick suite: the report of a failure
names each figure that differs, and the soak looks for the smallest site that shows it.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def quick(examples: int) -> settings:
    """A few examples, always the same."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=SLOW,
    )


SOAK = settings(max_examples=400, deadline=None, database=None, print_blob=True, suppress_health_check=SLOW)
"""Many examples, other ones each time, and the smallest of those that fail."""
