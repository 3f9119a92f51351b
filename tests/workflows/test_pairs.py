"""Two faults in one saga: a sample of the pairs, and by `make long` all of them."""

import random
from typing import Final

import pytest

from tests.support.moto_saga import MotoSaga
from tests.workflows.paths import Path, pairs, walk

PAIRS: Final = tuple(pairs())
SAMPLE: Final = random.Random(20261122).sample(PAIRS, 40)


@pytest.mark.parametrize("path", SAMPLE, ids=str)
def test_two_faults(saga: MotoSaga, path: Path) -> None:
    walk(saga, path)


@pytest.mark.long
def test_every_two_faults(saga: MotoSaga) -> None:
    for path in PAIRS:
        walk(saga, path)
        saga.reset()
