"""Every path of CancelOrder and RefundOrder on moto's interpreter: real handlers, no waiting."""

import pytest

from tests.support.moto_saga import MotoSaga
from tests.workflows.afterwards import PATHS, After, walk


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_path(saga: MotoSaga, path: After) -> None:
    walk(saga, path)
