"""Three actors, every order of their steps."""

from collections.abc import Callable

import pytest

from tests.interleavings.group import Group
from tests.interleavings.groups import TRIPLES


@pytest.mark.parametrize("group", TRIPLES, ids=str)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_triple(group: Group, backwards: bool, explored: Callable[[Group, bool], None]) -> None:
    explored(group, backwards)
