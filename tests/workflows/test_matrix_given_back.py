"""The matrix's single faults on the way of orders that are rejected or cancelled."""

import pytest

from tests.workflows.matrix.cases import CONFIRMED, Case, singles, undisturbed
from tests.workflows.matrix.running import Shop, run

CASES = [one for one in (*undisturbed(), *singles()) if one.outcome.status is not CONFIRMED]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(shop: Shop, case: Case) -> None:
    run(shop, case)
