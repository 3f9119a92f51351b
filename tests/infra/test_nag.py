"""cdk-nag's AwsSolutions rules: clean, and really run."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks


def _reports(assembly: Path) -> list[dict[str, object]]:
    report = json.loads((assembly / "validation-report.json").read_text())
    reports: list[dict[str, object]] = report["pluginReports"]
    return reports


def test_prod_is_clean(prod_assembly: Path) -> None:
    assert _reports(prod_assembly) == []


def test_a_finding_fails_synthesis(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    sqs.Queue(cdk.Stack(app, "Careless"), "WithoutDeadLetters")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "AwsSolutions-SQS3" in json.dumps(_reports(tmp_path))
