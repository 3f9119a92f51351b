"""Refunds of a part, every order of their steps."""

import pytest

from tests.interleavings.conftest import SAMPLES, Explore
from tests.interleavings.group import Group
from tests.interleavings.refund_groups import REFUNDS, SAMPLED


@pytest.mark.parametrize("group", REFUNDS, ids=str)
def test_refund(group: Group, explored: Explore) -> None:
    explored(group)


@pytest.mark.long
@pytest.mark.parametrize("group", SAMPLED, ids=str)
def test_sampled(group: Group, explored: Explore) -> None:
    explored(group, SAMPLES)
