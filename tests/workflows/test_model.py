"""The protocol keeps its promises in every interleaving, and needs each of its guards.

A change of the protocol is tried here first.
"""

import pytest

from tests.workflows.model.explore import explore
from tests.workflows.model.protocol import GUARDS


@pytest.mark.long
def test_no_interleaving_of_faults_breaks_a_promise() -> None:
    explored = explore()
    assert explored.breach is None, "\n".join(map(str, explored.trace))
    assert explored.states == 487_350
    assert explored.rests == 549


@pytest.mark.long
@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_some_interleaving_breaks_a_promise(guard: str) -> None:
    assert explore(without=guard).breach is not None
