"""Portal, e-mail or by hand: is self-service growing?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tests.oracle.dimensions import breakdown
from tests.oracle.facts import read_of
from tests.oracle.fields import READ, REST, VALUE, Fields, leaves
from tests.oracle.numbers import Json
from tests.oracle.reports.served import SERVED, complete, served
from tests.oracle.subject import Subject

FIELDS: Fields = leaves("total") | {"rows": {"value": VALUE, **SERVED}, "rest": REST, "read": READ}


def request_channels(subject: Subject, options: Mapping[str, Any], selected: Collection[str]) -> Json:
    """Portal, e-mail or by hand: is self-service growing?"""
    by_channel = {**options, "by": "CHANNEL"}
    return {
        "read": read_of(subject) | {"complete": complete(subject, selected)},
        "total": len(subject.cohort),
        "rows": breakdown(subject, subject.cohort, by_channel, lambda mine: served(subject, mine)),
    }
