"""Two actors, every order of their steps."""

from collections.abc import Callable

import pytest

from tests.interleavings.groups import PAIRS, Group


@pytest.mark.parametrize("group", PAIRS, ids=str)
def test_pair(group: Group, explored: Callable[[Group], None]) -> None:
    explored(group)
