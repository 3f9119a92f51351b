"""`scripts/shop smoke`, which the pipeline runs after each deployment, on the deployed shop."""

import dataclasses

import pytest

from scripts.ops.smoke import smoke
from tests.e2e.conftest import Shop


def test_a_working_shop_passes(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke(shop.endpoints, shop.endpoints.user("ada"), order=True) == 0
    assert capsys.readouterr().out.endswith(
        "7 tried on " + shop.endpoints.api + ", 0 not as expected\n"
    )


def test_a_shop_that_does_not_answer_fails(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = dataclasses.replace(shop.endpoints, api=f"{shop.endpoints.api}-elsewhere")
    assert smoke(elsewhere, None, order=False) == 1
    said = capsys.readouterr().out
    assert "only what needs no customer is tried" in said
    assert "NOT AS EXPECTED: 404, not 200" in said
