"""The edge before a stage in another region, under a name of the shop's own."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import aws_cdk as cdk
import pytest
from aws_cdk import Validations
from aws_cdk import aws_apigatewayv2 as apigateway
from cdk_nag import AwsSolutionsChecks

from infra.edge.stacks import add_edge
from infra.packaging import Package
from infra.stages import STAGES, Edge, Stage, StageError
from tests.infra.template import Template

CERTIFICATE: Final = (
    "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
)


@pytest.fixture(scope="module")
def abroad(
    tmp_path_factory: pytest.TempPathFactory, deployed_packages: dict[str, Package]
) -> tuple[Path, Stage]:
    """The stacks of an edge, under a name of the shop's own, before an API in another region."""
    edge = Edge(
        price_class="PRICE_CLASS_100",
        firewall=True,
        domain="shop.example.com",
        certificate=CERTIFICATE,
        origin_secret_version="0123",
    )
    stage = dataclasses.replace(STAGES["prod"], edge=edge)
    out = tmp_path_factory.mktemp("abroad")
    app = cdk.App(outdir=str(out))
    env = cdk.Environment(region="eu-central-1")
    main = cdk.Stack(app, "Main", env=env, cross_region_references=True)
    api = apigateway.CfnApi(main, "Api", name="api", protocol_type="HTTP")
    add_edge(app, stage, edge, deployed_packages, main, api.ref, env)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return out, stage


def test_the_edge_of_a_stage_elsewhere_stands_in_its_own_region(abroad: tuple[Path, Stage]) -> None:
    """What is made in one region and needed in the other goes over by the CDK's own means."""
    assembly, stage = abroad
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    regions = {
        name: artifact["environment"].rpartition("/")[2]
        for name, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert regions == {
        "Main": "eu-central-1",
        stage.edge_stack_name: "us-east-1",
        stage.purge_stack_name: "eu-central-1",
    }
    purge = Template.read(assembly, stage.purge_stack_name)
    (reader,) = purge.of_type("Custom::CrossRegionExportReader")
    told = purge.functions()["PurgePages"]["Environment"]["Variables"]["DISTRIBUTION_ID"]
    assert told["Fn::GetAtt"][0] == reader


def test_a_domain_of_the_shops_own(abroad: tuple[Path, Stage]) -> None:
    assembly, stage = abroad
    edge = Template.read(assembly, stage.edge_stack_name)
    (found,) = edge.of_type("AWS::CloudFront::Distribution").values()
    config = found["DistributionConfig"]
    assert config["Aliases"] == ["shop.example.com"]
    assert config["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    assert edge.document["Outputs"]["ShopUrl"]["Value"] == "https://shop.example.com"


def test_a_rotated_secret_is_read_anew(abroad: tuple[Path, Stage]) -> None:
    """CloudFormation reads it again where the text that names it has changed."""
    assembly, stage = abroad
    edge = Template.read(assembly, stage.edge_stack_name)
    assert "origin:SecretString:::0123}}" in json.dumps(edge.document)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"domain": "shop.example.com"}, "names a domain and no certificate"),
        ({"certificate": CERTIFICATE}, "names a certificate and no domain"),
        ({"domain": "https://shop", "certificate": CERTIFICATE}, "not a name such as"),
        (
            {
                "domain": "shop.example.com",
                "certificate": CERTIFICATE.replace("us-east-1", "eu-west-1"),
            },
            "not the ARN of one in us-east-1",
        ),
    ],
)
def test_a_domain_and_its_certificate_belong_together(told: dict[str, str], said: str) -> None:
    edge = STAGES["prod"].edge
    assert edge is not None
    with pytest.raises(StageError, match=said):
        dataclasses.replace(edge, domain=told.get("domain"), certificate=told.get("certificate"))


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["--stage", "prod", "-c", "domian=a.example"], {}, "There is no context 'domian'"),
        (["--stage", "prod", "-c", "domain="], {}, "The context 'domain' has no value"),
        (["--stage", "prod", "-c", "domain=a.example"], {}, "The context names a domain and no"),
        (["--stage", "local", "-c", "domain=a.example"], {}, "Stage local has no edge"),
        ([], {"CDK_CONTEXT_JSON": '{"stage": "prod", "tier": "1"}'}, "There is no context 'tier'"),
        (["--stage", "prod"], {"AWS_REGION": "eu-middle-1"}, "There is no region 'eu-middle-1'"),
    ],
)
def test_context_that_cannot_be_is_refused_in_one_sentence(
    arguments: list[str], given: dict[str, str], said: str
) -> None:
    kept = {n: v for n, v in os.environ.items() if n not in ("STAGE", "CDK_DEFAULT_REGION")}
    done = subprocess.run(
        [sys.executable, "-m", "infra.app", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=kept | given,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1
