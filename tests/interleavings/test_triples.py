"""Three actors, or the whole saga, every order of their steps."""

from collections.abc import Callable

import pytest

from tests.interleavings.groups import DEEP, TRIPLES, Group


@pytest.mark.parametrize("group", TRIPLES, ids=str)
def test_triple(group: Group, explored: Callable[[Group], None]) -> None:
    explored(group)


@pytest.mark.long
@pytest.mark.parametrize("group", DEEP, ids=str)
def test_deep(group: Group, explored: Callable[[Group], None]) -> None:
    explored(group)
