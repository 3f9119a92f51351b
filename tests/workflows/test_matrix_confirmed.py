"""The matrix's single faults on the way of orders that come to be confirmed."""

import pytest

from tests.workflows.matrix.cases import CONFIRMED, Case, singles, undisturbed
from tests.workflows.matrix.running import Shop, run

CASES = [one for one in (*undisturbed(), *singles()) if one.outcome.status is CONFIRMED]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(shop: Shop, case: Case) -> None:
    run(shop, case)
