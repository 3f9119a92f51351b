"""Two actors, every order of their steps."""

from collections.abc import Callable

import pytest

from tests.interleavings.group import Group
from tests.interleavings.groups import PAIRS


@pytest.mark.parametrize("group", PAIRS, ids=str)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_pair(group: Group, backwards: bool, explored: Callable[[Group, bool], None]) -> None:
    explored(group, backwards)
