"""The whole saga, or long parts of it, beside others."""

from typing import Final

import pytest

from tests.interleavings.conftest import Explore
from tests.interleavings.group import Group
from tests.interleavings.groups import DEEP, SAMPLED, WHOLE


@pytest.mark.parametrize("group", WHOLE, ids=str)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_whole_saga(group: Group, backwards: bool, explored: Explore) -> None:
    explored(group, backwards)


@pytest.mark.long
@pytest.mark.parametrize("group", DEEP, ids=str)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_deep(group: Group, backwards: bool, explored: Explore) -> None:
    explored(group, backwards)


SAMPLES: Final = 3000


@pytest.mark.long
@pytest.mark.parametrize("group", SAMPLED, ids=str)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_sampled(group: Group, backwards: bool, explored: Explore) -> None:
    explored(group, backwards, SAMPLES)
