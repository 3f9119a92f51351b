"""Where a stage on AWS answers."""

from typing import Any

import pytest

from scripts.kit import stacks
from scripts.kit.endpoints import EndpointsError
from scripts.ops.__main__ import main

OUTPUTS = {
    "ApiUrl": "https://a1.execute-api.eu-central-1.amazonaws.com",
    "ArchiveName": "commerce-dev",
    "BusName": "commerce-dev",
    "CancelOrderArn": "cancel",
    "CatalogTable": "catalog",
    "InventoryTable": "inventory",
    "OrdersTable": "orders",
    "PlaceOrderArn": "place",
    "RefundOrderArn": "refund",
    "UserPoolClientId": "client",
    "UserPoolId": "pool",
}
EDGE = {"ShopUrl": "https://shop.example"}


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def _deployed(monkeypatch: pytest.MonkeyPatch, **deployed: dict[str, str]) -> None:
    found: dict[str, Any] = {"Commerce-dev": None, "Commerce-dev-edge": None} | {
        name.replace("_", "-"): outputs for name, outputs in deployed.items()
    }
    monkeypatch.setattr(stacks, "outputs_of", lambda _, stack: found[stack])


def test_a_stage_answers_where_its_stack_says(monkeypatch: pytest.MonkeyPatch) -> None:
    _deployed(monkeypatch, Commerce_dev=OUTPUTS)
    found = stacks.endpoints_of("dev")
    assert (found.api, found.region, found.aws) == (OUTPUTS["ApiUrl"], "eu-central-1", None)
    assert found.tables == {"orders": "orders", "inventory": "inventory", "catalog": "catalog"}


def test_a_stage_with_an_edge_is_reached_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _deployed(monkeypatch, Commerce_dev=OUTPUTS, Commerce_dev_edge=EDGE)
    assert stacks.endpoints_of("dev").api == "https://shop.example/api"


def test_a_stage_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _deployed(monkeypatch)
    with pytest.raises(EndpointsError, match="Stage dev is not deployed in eu-central-1"):
        stacks.endpoints_of("dev")


def test_a_region_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(EndpointsError, match="AWS_REGION"):
        stacks.endpoints_of("dev")


def test_the_region_may_be_named_as_every_aws_tool_takes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    _deployed(monkeypatch, Commerce_dev=OUTPUTS)
    assert stacks.endpoints_of("dev").region == "eu-west-1"


def test_a_stage_that_nobody_knows_is_refused_with_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_STAGE", "")  # the verb sets it: it is put back after the test
    assert main(["status", "--stage", "nonsense"]) == 1
    said = capsys.readouterr().err
    assert said == "There is no stage 'nonsense'; there are: local, dev, prod.\n"
