"""cdk-nag's AwsSolutions rules: clean, and really run."""

import ast
import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

ROOT = Path(__file__).parents[2]


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


def test_what_is_accepted_is_explained() -> None:
    """By a sentence beside the resource: nothing accepts findings but `infra.nag.accept`."""
    reasons = []
    for file in (ROOT / "infra").rglob("*.py"):
        tree = ast.parse(file.read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        accepting = {"acknowledge", "add_resource_suppressions", "add_stack_suppressions"}
        if file.name != "nag.py":
            assert not {_called(call) for call in calls} & accepting, file
        reasons += [ast.unparse(c.args[2]) for c in calls if _called(c) == "accept"]
    assert reasons
    for reason in reasons:
        sentence = reason.strip("'\"")
        assert len(sentence.split()) >= 5, reason
        assert sentence.endswith("."), reason


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
