"""Every figure of every report is the one that plain loops over the same data give."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.api import api_on
from tests.oracle.asking import answers, assert_right
from tests.oracle.profiles import SOAK, quick, trying
from tests.oracle.subject import moment
from tests.oracle.trials import Case, cases


async def figures_are_right(case: Case) -> None:
    """All questions of the case, asked together."""
    async with api_on(case.world.site(), moment(case.world.now)) as api:
        assert_right(api, case.questions, await answers(api, case.questions))


@quick(25)
@given(cases())
async def test_every_figure_is_the_one_worked_out_by_hand(case: Case) -> None:
    await trying(figures_are_right, case)


@quick(25)
@given(cases(lean=True))
async def test_the_few_figures_that_are_selected_are_the_same_when_nothing_else_is_read(case: Case) -> None:
    await trying(figures_are_right, case)


@pytest.mark.soak
@SOAK
@given(cases())
async def test_every_figure_of_many_sites_is_the_one_worked_out_by_hand(case: Case) -> None:
    await trying(figures_are_right, case)


@pytest.mark.soak
@SOAK
@given(cases(lean=True))
async def test_the_few_figures_selected_of_many_sites_are_the_same_when_nothing_else_is_read(case: Case) -> None:
    await trying(figures_are_right, case)
