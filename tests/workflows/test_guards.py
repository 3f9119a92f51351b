"""Each guard of the saga is needed: with one of them taken out, its case breaks a promise."""

import pytest

from tests.workflows.matrix.guards import GUARDS, Guard
from tests.workflows.matrix.running import Shop, run


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_without_a_guard_a_promise_is_broken(
    shop: Shop, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shop, guard.case)
    guard.take_out(monkeypatch)
    with pytest.raises(AssertionError) as broken:
        run(shop, guard.case)
    assert guard.breach in str(broken.value)
