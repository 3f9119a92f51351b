"""Two faults in one saga: the same sample of the pairs each time. `make matrix` runs all."""

import pytest

from tests.workflows.matrix.cases import Case, sample
from tests.workflows.matrix.running import Shop, run


@pytest.mark.parametrize("case", sample(), ids=str)
def test_case(shop: Shop, case: Case) -> None:
    run(shop, case)
