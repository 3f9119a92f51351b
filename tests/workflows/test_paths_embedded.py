"""Every path of an order on the embedded cloud's interpreter, which must agree with moto's.

Both walk the same paths, so they agree on the states entered, on the end, and on the invariants.
"""

import pytest

from tests.support.saga_world import SagaWorld
from tests.workflows.paths import PATHS, Path, walk


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_path(embedded: SagaWorld, path: Path) -> None:
    walk(embedded, path)
