"""What Atlassian's answers say of the points that are left this hour.

`RateLimit: "global-app-quota";r=11000;t=600` says that 11,000 are left and that the quota is filled up again in 600
seconds. The header lacks while much is left; while a limit is not enforced yet its name begins with `Beta-`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

OnQuota = Callable[[str, int, float], None]
"""Told what an answer says of a quota: its name, the points left, seconds until it is filled up again."""

_HEADERS = ("RateLimit", "Beta-RateLimit")
_QUOTAS = frozenset({"global-app-quota", "tenant-app-quota"})
_ENTRY = re.compile(r'\s*"([\w-]{1,64})"\s*((?:;[^,;"]{0,64}){0,16})(?:,|$)')
_PARAMETER = re.compile(r";\s*([rt])\s*=\s*(\d{1,12})\s*(?=;|$)")
_HEADER_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Quota:
    """Points left of a quota, and the seconds until it is filled up again."""

    name: str
    points: int
    seconds: float


def quotas_told(headers: Mapping[str, str]) -> Iterator[Quota]:
    """The quotas of points that an answer's headers tell; limits per second and what cannot be read are left out."""
    for header in _HEADERS:
        for name, parameters in _ENTRY.findall(headers.get(header, "")[:_HEADER_CHARACTERS]):
            found: dict[str, str] = dict(_PARAMETER.findall(parameters))
            if name in _QUOTAS and {"r", "t"} <= found.keys():
                yield Quota(name, int(found["r"]), float(found["t"]))


def tell(headers: Mapping[str, str], on_quota: OnQuota | None) -> None:
    """Tell an observer, if there is one, what an answer's headers say."""
    if on_quota is not None:
        for quota in quotas_told(headers):
            on_quota(quota.name, quota.points, quota.seconds)
