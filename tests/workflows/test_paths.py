"""Every path of an order on moto's interpreter: real handlers, real state machine, no waiting."""

import pytest

from tests.support.moto_saga import MotoSaga
from tests.workflows.paths import PATHS, Path, walk


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_path(saga: MotoSaga, path: Path) -> None:
    walk(saga, path)
