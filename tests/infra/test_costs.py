"""docs/costs.md says what the synthesised stages cost by the one table of prices."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contracts import aws_prices as prices
from infra.stages import STAGES, Stage
from scripts.dev.commands import ROOT
from tests.benchmarks.cost.month import METERED, month, sign_ins
from tests.benchmarks.cost.page import FILE, written
from tests.benchmarks.cost.standing import Unpriced, standing


def test_the_page_says_what_the_stages_cost(
    synthesised: Callable[[Stage, str], Path], prod_assembly: Path
) -> None:
    page = (ROOT / FILE).read_text()
    assert page == written(page, synthesised(STAGES["dev"], "dev"), prod_assembly), (
        "say `make generate`, look at the diff, commit it"
    )


def test_a_domain_a_cache_and_an_endpoint_by_hand() -> None:
    template = {
        "Resources": {
            "Domain": {
                "Type": "AWS::OpenSearchService::Domain",
                "Properties": {
                    "ClusterConfig": {"InstanceCount": 1, "InstanceType": "t3.small.search"},
                    "EBSOptions": {"VolumeSize": 10},
                },
            },
            "Endpoint": {
                "Type": "AWS::EC2::VPCEndpoint",
                "Properties": {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b"]},
            },
            "Gateway": {
                "Type": "AWS::EC2::VPCEndpoint",
                "Properties": {"VpcEndpointType": "Gateway"},
            },
        }
    }
    assert standing([template]) == pytest.approx(
        {"search: nodes": 26.28, "search: disks": 1.22, "secrets: endpoint": 14.60}
    )


def test_what_nobody_has_priced_is_an_error() -> None:
    with pytest.raises(Unpriced, match="AWS::EC2::NatGateway"):
        standing([{"Resources": {"Way": {"Type": "AWS::EC2::NatGateway"}}}])


def test_orders_cost_what_the_bench_has_metered() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    for what, dollars in METERED.items():
        assert f"{dollars:g}" in page, what


def test_sign_ins_are_priced_by_steps() -> None:
    (least, first), (_, second) = prices.SIGNED_IN
    assert sign_ins(1_000) == pytest.approx(1_000 * first)
    assert sign_ins(least + 10) == pytest.approx(least * first + 10 * second)


def test_the_edge_takes_the_place_of_answers_to_the_internet() -> None:
    without, with_edge = ({line.what for line in month(edge=edge)} for edge in (False, True))
    assert "answers" in without - with_edge
    assert {"edge: requests", "edge: answers"} <= with_edge
