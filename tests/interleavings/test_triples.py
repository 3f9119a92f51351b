"""Three actors, every order of their steps."""

import pytest

from tests.interleavings.conftest import Explore
from tests.interleavings.group import Group
from tests.interleavings.groups import TRIPLES


@pytest.mark.parametrize("group", TRIPLES, ids=str)
def test_triple(group: Group, explored: Explore) -> None:
    explored(group)
