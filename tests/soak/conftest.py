"""Figures of the long tests are shown even where they succeed, so that they can be quoted."""

from collections.abc import Callable, Iterable

import pytest

Tell = Callable[[Iterable[str]], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Prints lines past pytest's capture."""

    def say(lines: Iterable[str]) -> None:
        with capsys.disabled():
            print("", *lines, sep="\n", flush=True)

    return say
