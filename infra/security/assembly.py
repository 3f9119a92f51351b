"""The snapshots of what is synthesised: prod itself, and what lets its pipeline deploy it."""

import json
from pathlib import Path
from typing import Final

from infra.security.snapshot import StackTemplate, snapshot

PROD: Final = Path("infra/security/prod.json")
PIPELINE: Final = Path("infra/security/pipeline.json")
"""Where they are committed."""

REPOSITORY: Final = "shop/commerce"
"""Whose workflows the pipeline's snapshot lets in; whoever deploys it says their own."""


def rendered(assembly: Path) -> str:
    """The snapshot of all stacks in a cloud assembly, as it is committed."""
    return json.dumps(snapshot(_stacks(assembly)), indent=1) + "\n"


def _stacks(assembly: Path) -> dict[str, StackTemplate]:
    manifest = json.loads((assembly / "manifest.json").read_text())
    found = {}
    for name, artifact in manifest["artifacts"].items():
        if artifact["type"] == "aws:cloudformation:stack":
            properties = artifact["properties"]
            template = json.loads((assembly / properties["templateFile"]).read_text())
            protected = properties.get("terminationProtection", False)
            found[name] = StackTemplate(protected, template["Resources"])
    return found
