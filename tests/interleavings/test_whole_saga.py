"""The whole saga, or long parts of it, beside others."""

import pytest

from tests.interleavings.conftest import SAMPLES, Explore
from tests.interleavings.group import Group
from tests.interleavings.groups import DEEP, SAMPLED, WHOLE


@pytest.mark.parametrize("group", WHOLE, ids=str)
def test_whole_saga(group: Group, explored: Explore) -> None:
    explored(group)


@pytest.mark.long
@pytest.mark.parametrize("group", DEEP, ids=str)
def test_deep(group: Group, explored: Explore) -> None:
    explored(group)


@pytest.mark.long
@pytest.mark.parametrize("group", SAMPLED, ids=str)
def test_sampled(group: Group, explored: Explore) -> None:
    explored(group, SAMPLES)
