"""What answers tell of the points that are left: read where it is told, left out where it is something else."""

import pytest

from connectors.quotas import Quota, quotas_told, tell

POLICY = '"global-app-quota";q=65000;w=3600, "jira-burst-based";q=100;w=1'


@pytest.mark.parametrize("header", ["RateLimit", "Beta-RateLimit"])
@pytest.mark.parametrize(
    ("value", "quotas"),
    [
        ('"global-app-quota";r=11000;t=600', [Quota("global-app-quota", 11_000, 600.0)]),
        ('"tenant-app-quota"; t=7 ; r=0', [Quota("tenant-app-quota", 0, 7.0)]),
        (
            '"jira-burst-based";r=3;t=1, "global-app-quota";r=5;t=60,"tenant-app-quota";r=6;t=61',
            [Quota("global-app-quota", 5, 60.0), Quota("tenant-app-quota", 6, 61.0)],
        ),
        ('"jira-burst-based";r=3;t=1', []),
        ('"global-app-quota";r=5', []),
        ('"global-app-quota";r=-5;t=60', []),
        ('"global-app-quota";r=5x;t=60', []),
        ("global-app-quota;r=5;t=60", []),
        ('"global-app-quota"' + ";x=1" * 5_000, []),
        ("", []),
        (POLICY, []),
    ],
)
def test_quotas_of_points_are_read_and_nothing_else(header: str, value: str, quotas: list[Quota]) -> None:
    assert list(quotas_told({header: value})) == quotas


def test_an_observer_is_told_and_none_is_needed() -> None:
    heard: list[tuple[str, int, float]] = []
    headers = {"RateLimit-Policy": POLICY, "RateLimit": '"global-app-quota";r=11000;t=600'}
    tell(headers, lambda *quota: heard.append(quota))
    tell(headers, None)
    assert heard == [("global-app-quota", 11_000, 600.0)]
