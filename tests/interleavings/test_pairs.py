"""Two actors, every order of their steps."""

import pytest

from tests.interleavings.conftest import Explore
from tests.interleavings.group import Group
from tests.interleavings.groups import PAIRS


@pytest.mark.parametrize("group", PAIRS, ids=str)
def test_pair(group: Group, explored: Explore) -> None:
    explored(group)
