"""Every figure of every report is the one that plain loops over the same data give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings

from tests.api import api_on
from tests.oracle.asking import answers, assert_right
from tests.oracle.generate import Case, cases

def moment(ms):
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)

@settings(max_examples=50, derandomize=True, deadline=None)
@given(cases())
async def test_every_figure(case: Case) -> None:
    async with api_on(case.site, moment(case.world.now)) as api:
        assert_right(api, case.questions, await answers(api, case.questions))
