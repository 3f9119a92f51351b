"""No template, of any stage, holds what nobody may read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.local.payment_sandbox.core import DEFAULT_API_KEY
from scripts.local.people import PASSWORD
from scripts.local.webhooks import SIGNING_SECRET
from tests.infra.template import Template

LOOKS_SECRET = {
    "a payment provider's key": r"\b[sr]k_(live|test)_\w+",
    "what signs webhooks": r"\bwhsec_\w+",
    "an access key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "a token": r"\beyJ[\w-]{10,}\.[\w-]{10,}\.",
}


def texts(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a document, with where it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from texts(value, f"{path}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from texts(value, f"{path}.{index}")
    elif isinstance(node, str):
        yield path, node


@pytest.mark.parametrize("what", LOOKS_SECRET)
def test_nothing_in_a_synthesised_stage_looks_like_a_secret(
    prod_assembly: Path, local_assembly: Path, what: str
) -> None:
    for assembly in (prod_assembly, local_assembly):
        files = list(assembly.glob("*.json"))
        assert any(file.name.endswith(".template.json") for file in files)
        found = [file.name for file in files if re.search(LOOKS_SECRET[what], file.read_text())]
        assert found == [], what


@pytest.mark.parametrize("example", [DEFAULT_API_KEY, SIGNING_SECRET, "AKIA" + "0" * 16])
def test_what_looks_like_a_secret_is_recognised(example: str) -> None:
    assert any(re.search(pattern, example) for pattern in LOOKS_SECRET.values())


def test_no_function_is_told_a_secrets_value(prod: Template, local: Template) -> None:
    """Neither as it is nor by a reference that CloudFormation would resolve into its settings."""
    for template in (prod, local):
        for name, function in template.functions().items():
            for path, text in texts(function["Environment"]["Variables"]):
                assert "{{resolve:" not in text, (name, path)
                assert text not in (DEFAULT_API_KEY, SIGNING_SECRET, PASSWORD), (name, path)


def test_no_parameter_or_output_carries_one(prod: Template) -> None:
    assert "{{resolve:secretsmanager" not in json.dumps(prod.document["Outputs"])
    assert set(prod.document.get("Parameters", {})) <= {"BootstrapVersion"}
