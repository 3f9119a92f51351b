"""Traces are recorded by the services, as ADR 0009 says: by settings, and by no code of ours."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.infra.template import Template, as_list

ROOT: Final = Path(__file__).resolve().parents[2]
LIBRARIES: Final = frozenset({"aws_xray_sdk", "opentelemetry"})
WRITES: Final = "xray:PutTraceSegments"


def test_prod_traces_every_function_and_machine(prod: Template) -> None:
    functions = prod.functions()
    traced = {name for name, f in functions.items() if f.get("TracingConfig") == {"Mode": "Active"}}
    assert traced == set(functions)
    for machine in prod.machines().values():
        assert machine["TracingConfiguration"] == {"Enabled": True}


def test_whatever_is_traced_may_write_its_traces(prod: Template) -> None:
    roles = prod.of_type("AWS::IAM::Role")
    traced = [*prod.functions().values(), *prod.machines().values()]
    own = {one["Role" if "Role" in one else "RoleArn"]["Fn::GetAtt"][0] for one in traced}
    writing = {
        name
        for name, statement in prod.statements()
        if WRITES in as_list(statement["Action"]) and name in roles
    }
    assert own <= writing


def test_a_stage_that_does_not_trace_has_no_setting_of_it(local: Template) -> None:
    modes = {str(f.get("TracingConfig", {}).get("Mode")) for f in local.functions().values()}
    assert modes <= {"None", "PassThrough"}
    settings = [m.get("TracingConfiguration", {}) for m in local.machines().values()]
    assert not any(one.get("Enabled") for one in settings)


def test_no_handler_imports_a_tracing_library() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in sorted((ROOT / "functions").rglob("*.py"))
        for name in _imported(file)
        if name.partition(".")[0] in LIBRARIES or name.endswith(".Tracer")
    ]
    assert found == []


def _imported(file: Path) -> Iterator[str]:
    """Modules, and names out of modules, dotted."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
