"""Refunds of a part, every order of their steps."""

from typing import Final

import pytest

from tests.interleavings.conftest import Explore
from tests.interleavings.group import Group
from tests.interleavings.refund_groups import REFUNDS, SAMPLED


@pytest.mark.parametrize("group", REFUNDS, ids=str)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_refund(group: Group, backwards: bool, explored: Explore) -> None:
    explored(group, backwards)


SAMPLES: Final = 3000


@pytest.mark.long
@pytest.mark.parametrize("group", SAMPLED, ids=str)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_sampled(group: Group, backwards: bool, explored: Explore) -> None:
    explored(group, backwards, SAMPLES)
