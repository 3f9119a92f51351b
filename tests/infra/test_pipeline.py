"""What lets the workflows deploy, and that the workflows ask for what is let."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.pipeline import build
from infra.security.assembly import REPOSITORY
from infra.stages import LAMBDA_PYTHON, STAGES, StageError
from tests.infra.template import Resource, Template, as_list

WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"


@pytest.fixture(scope="module")
def roles(pipeline_assembly: Path) -> dict[str, Resource]:
    """The roles of prod's workflows, by what GitHub says of who asks for them."""
    template = Template.read(pipeline_assembly, "CommercePipeline-prod")
    roles = template.of_type("AWS::IAM::Role").values()
    return {_condition(role)["token.actions.githubusercontent.com:sub"]: role for role in roles}


def _condition(role: Resource) -> dict[str, str]:
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    condition: dict[str, str] = statement["Condition"]["StringEquals"]
    assert condition["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    return condition


def _workflow(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(WORKFLOWS / name)
    return loaded


def _allowed(role: Resource) -> set[tuple[str, str]]:
    (policy,) = role["Policies"]
    return {
        (action, str(resource).partition("role-")[0].rpartition("cdk-hnb659fds-")[2])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if action == "sts:AssumeRole"
    }


def test_only_the_stages_environment_deploys_and_only_main_looks(
    roles: dict[str, Resource],
) -> None:
    assert set(roles) == {
        f"repo:{REPOSITORY}:environment:prod",
        f"repo:{REPOSITORY}:ref:refs/heads/main",
    }


def test_a_role_may_do_nothing_but_take_on_those_of_the_bootstrap(
    roles: dict[str, Resource],
) -> None:
    deploys = _allowed(roles[f"repo:{REPOSITORY}:environment:prod"])
    looks = _allowed(roles[f"repo:{REPOSITORY}:ref:refs/heads/main"])
    assert {name for _, name in deploys} == {"deploy-", "file-publishing-", "lookup-"}
    assert {name for _, name in looks} == {"lookup-"}
    statements = [
        statement
        for role in roles.values()
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]
    ]
    assert {action for one in statements for action in as_list(one["Action"])} == {
        "sts:AssumeRole",
        "cloudformation:DescribeStacks",
        "lambda:GetFunctionConfiguration",
        "lambda:InvokeFunction",
    }
    (asks,) = [one for one in statements if one["Action"] == "lambda:InvokeFunction"]
    assert "function:commerce-prod-OperateSearchEngine" in str(asks["Resource"])


@pytest.mark.parametrize("repository", ["", "commerce", "shop/*", "shop/commerce:environment"])
def test_a_repository_that_is_none_is_refused(repository: str) -> None:
    with pytest.raises(StageError, match="owner/name"):
        build(STAGES["prod"], repository)


def test_stages_are_deployed_one_after_the_other() -> None:
    jobs = _workflow("pipeline.yml")["jobs"]
    assert jobs["diff"]["needs"] == ["check", "test"]
    assert jobs["dev"]["needs"] == "diff"
    assert jobs["prod"]["needs"] == "dev"
    deployed = {jobs[name]["with"]["stage"] for name in ("dev", "prod")}
    assert deployed == set(STAGES) - {"local"}


def test_a_stage_is_deployed_in_its_environment_and_tried() -> None:
    job = _workflow("deploy.yml")["jobs"]["deploy"]
    assert job["environment"] == "${{ inputs.stage }}"
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[-2:] == ['make deploy STAGE="$STAGE"', 'scripts/shop smoke --stage "$STAGE"']
    pythons = [s["with"]["python-version"] for s in job["steps"] if "python" in s.get("uses", "")]
    assert pythons == [LAMBDA_PYTHON]


def test_prod_is_compared_with_the_context_that_it_is_deployed_with() -> None:
    """Without it the comparison would show a domain that goes, at each release."""
    steps = [
        step
        for name in ("pipeline.yml", "deploy.yml")
        for job in _workflow(name)["jobs"].values()
        for step in job.get("steps", ())
        if step.get("run", "").startswith(("make diff", "make deploy"))
    ]
    told = [step["env"]["CONTEXT"] for step in steps]
    assert told == ["${{ vars.PROD_CONTEXT }}", "${{ vars.CONTEXT }}"]
    page = (WORKFLOWS.parents[1] / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert {"`PROD_CONTEXT`", "`CONTEXT`"} <= set(re.findall(r"variable (`\w+`)", page))


def test_the_suite_runs_on_the_oldest_python_and_the_functions_own() -> None:
    matrix = _workflow("pipeline.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", LAMBDA_PYTHON]
