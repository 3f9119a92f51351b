"""One synthesis of each stage for the whole session, shared by all workers."""

import dataclasses
import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import pipeline
from infra.app import build
from infra.packaging import Package, Packager
from infra.security.assembly import REPOSITORY
from infra.stages import STAGES, Stage
from infra.table import FUNCTIONS
from tests.infra.template import Template

PAYMENTS = "http://127.0.0.1:4601"


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Stage, str], Path]:
    """Synthesises a stage into a named folder, once, and returns the folder."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base

    def synthesise(stage: Stage, name: str) -> Path:
        out = shared / "assemblies" / name
        out.parent.mkdir(exist_ok=True)
        with (out.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (out / "manifest.json").exists():
                build(stage, outdir=str(out)).synth()
        return out

    return synthesise


@pytest.fixture(scope="session")
def local_stage() -> Stage:
    return dataclasses.replace(STAGES["local"], payment_api_base=PAYMENTS)


@pytest.fixture(scope="session")
def local_assembly(synthesised: Callable[[Stage, str], Path], local_stage: Stage) -> Path:
    return synthesised(local_stage, "local")


@pytest.fixture(scope="session")
def local(local_assembly: Path, local_stage: Stage) -> Template:
    """The template that the embedded cloud gets."""
    return Template.read(local_assembly, local_stage.stack_name)


@pytest.fixture(scope="session")
def prod_assembly(synthesised: Callable[[Stage, str], Path]) -> Path:
    return synthesised(STAGES["prod"], "prod")


@pytest.fixture(scope="session")
def pipeline_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lets the workflows deploy prod. Its synthesis fails for a finding of cdk-nag."""
    out = tmp_path_factory.mktemp("pipeline")
    pipeline.build(STAGES["prod"], REPOSITORY, outdir=str(out)).synth()
    return out


@pytest.fixture(scope="session")
def prod(prod_assembly: Path) -> Template:
    """The template that AWS gets."""
    return Template.read(prod_assembly, STAGES["prod"].stack_name)


@pytest.fixture(scope="session")
def edge(prod_assembly: Path) -> Template:
    """The template of what stands in front of prod."""
    return Template.read(prod_assembly, STAGES["prod"].edge_stack_name)


@pytest.fixture(scope="session")
def distribution(edge: Template) -> dict[str, Any]:
    """How CloudFront is set up there."""
    (found,) = edge.of_type("AWS::CloudFront::Distribution").values()
    config: dict[str, Any] = found["DistributionConfig"]
    return config


@pytest.fixture(scope="session")
def purge(prod_assembly: Path) -> Template:
    """The template of who purges the edge's caches."""
    return Template.read(prod_assembly, STAGES["prod"].purge_stack_name)


@pytest.fixture(scope="session")
def watch(prod_assembly: Path) -> Template:
    """The template of what watches prod."""
    return Template.read(prod_assembly, STAGES["prod"].watch_stack_name)


@pytest.fixture(scope="session")
def renamed_prod(synthesised: Callable[[Stage, str], Path]) -> tuple[Template, Template]:
    """prod's settings under the name of another stage, checks left out: platform, what watches."""
    stage = dataclasses.replace(STAGES["prod"], name="local", checked=False)
    assembly = synthesised(stage, "renamed-prod")
    return (
        Template.read(assembly, stage.stack_name),
        Template.read(assembly, stage.watch_stack_name),
    )


@pytest.fixture(scope="session")
def native_packages() -> dict[str, Package]:
    """The packages of stage local, by function."""
    return Packager(STAGES["local"].platform).build(spec.source for spec in FUNCTIONS)


@pytest.fixture(scope="session")
def deployed_packages() -> dict[str, Package]:
    """The packages of stage prod, by function."""
    return Packager(STAGES["prod"].platform).build(spec.source for spec in FUNCTIONS)


@pytest.fixture(scope="session")
def definition() -> dict[str, object]:
    """The committed definition of PlaceOrder."""
    path = Path(__file__).parents[2] / "workflows" / "place_order.asl.json"
    loaded: dict[str, object] = json.loads(path.read_text())
    return loaded
