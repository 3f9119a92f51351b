"""What lets GitHub's workflows deploy a stage: `REPOSITORY=owner/name make pipeline STAGE=prod`.

One stack in the account of each stage, deployed once by a person. No key is kept anywhere: GitHub
signs who asks (repository and environment, or branch), and the roles trust that. They hold no
rights of their own but to take on the roles that `cdk bootstrap` has made, which deploy, and to ask
afterwards: the stacks where they answer, the search domain to know its functions.

Source: "Configuring OpenID Connect in Amazon Web Services" of GitHub's documentation.
"""

import json
import os
import re
import sys
from typing import Final

import aws_cdk as cdk
from aws_cdk import Validations
from aws_cdk import aws_iam as iam
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from infra.nag import accept
from infra.stage_stack import StageStack
from infra.stages import EDGE_REGION, Stage, StageError, stage_named
from infra.table.search import OPERATE_ENGINE, SIGNED

ISSUER: Final = "token.actions.githubusercontent.com"
_REPOSITORY: Final = re.compile(r"[\w-]+/[\w.-]+", re.ASCII)
_BOOTSTRAPPED: Final = "cdk-hnb659fds"
"""How the roles of `cdk bootstrap` begin, unless it was given another qualifier."""


class PipelineStack(StageStack):
    """Roles of one stage's workflows. Two stages in one account would share what they may do.

    Args:
        repository: `owner/name`; nobody else's workflows are let in.
    """

    def __init__(self, scope: Construct, stage: Stage, repository: str) -> None:
        super().__init__(
            scope,
            f"CommercePipeline-{stage.name}",
            stage,
            description=f"Lets the workflows of {repository} deploy stage {stage.name}.",
        )
        self._repository = repository
        self._provider = iam.CfnOIDCProvider(
            self, "GitHub", url=f"https://{ISSUER}", client_id_list=["sts.amazonaws.com"]
        )
        deploys = self._role(
            "Deploy",
            f"environment:{stage.name}",
            self._takes_on("deploy", "file-publishing", "lookup"),
            self._reads_outputs(stage),
            *self._tells_the_domain(stage),
        )
        for region, name in _stacks(stage):
            accept(
                deploys,
                f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudformation:"
                f"{region or '<AWS::Region>'}:<AWS::AccountId>:stack/{name}/*]",
                "A stack's ARN ends with an id that is not known before.",
            )
        self._role("Diff", "ref:refs/heads/main", self._takes_on("lookup"))

    def _role(self, name: str, subject: str, *statements: iam.PolicyStatement) -> iam.Role:
        trusted = iam.WebIdentityPrincipal(
            self._provider.attr_arn,
            {
                "StringEquals": {
                    f"{ISSUER}:aud": "sts.amazonaws.com",
                    f"{ISSUER}:sub": f"repo:{self._repository}:{subject}",
                }
            },
        )
        role = iam.Role(
            self,
            name,
            assumed_by=trusted,
            max_session_duration=cdk.Duration.hours(2),
            inline_policies={"Own": iam.PolicyDocument(statements=list(statements))},
        )
        cdk.CfnOutput(self, f"{name}Role", value=role.role_arn)
        return role

    def _takes_on(self, *roles: str) -> iam.PolicyStatement:
        arns = [
            f"arn:{self.partition}:iam::{self.account}:role/"
            f"{_BOOTSTRAPPED}-{role}-role-{self.account}-{region}"
            for region in (self.region, EDGE_REGION)
            for role in roles
        ]
        return iam.PolicyStatement(actions=["sts:AssumeRole"], resources=arns)

    def _reads_outputs(self, stage: Stage) -> iam.PolicyStatement:
        """`scripts/shop smoke` asks the stack where it answers."""
        stacks = [
            self.format_arn(
                service="cloudformation",
                resource="stack",
                resource_name=f"{name}/*",
                region=region,
            )
            for region, name in _stacks(stage)
        ]
        return iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=stacks)

    def _tells_the_domain(self, stage: Stage) -> list[iam.PolicyStatement]:
        """`scripts/shop access` reads the roles of functions and asks the domain by one of them."""
        operator = OPERATE_ENGINE.name
        arns = {
            name: self.format_arn(
                service="lambda",
                resource="function",
                resource_name=stage.named(name),
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for name in (operator, *(spec.name for spec in SIGNED))
        }
        reads, asks = "lambda:GetFunctionConfiguration", "lambda:InvokeFunction"
        return [
            iam.PolicyStatement(actions=[reads], resources=list(arns.values())),
            iam.PolicyStatement(actions=[asks], resources=[arns[operator]]),
        ]


def _stacks(stage: Stage) -> tuple[tuple[str | None, str], ...]:
    """Region (None: the stage's own) and name of each stack that says where the stage answers."""
    return (None, stage.stack_name), (EDGE_REGION, f"{stage.stack_name}-edge")


def build(stage: Stage, repository: str, *, outdir: str | None = None) -> cdk.App:
    """The app with the stack of one stage.

    Raises:
        StageError: the repository is not named as GitHub names it.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise StageError(f"REPOSITORY is GitHub's owner/name, not {repository!r}.")
    app = cdk.App(outdir=outdir)
    PipelineStack(app, stage, repository)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main() -> int:
    """Called by the CDK's command line. Returns 0, or 1 after one sentence that says what to do."""
    context: dict[str, str] = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    try:
        stage = stage_named(context.get("stage"))
        outdir = os.environ.get("CDK_OUTDIR")
        build(stage, os.environ.get("REPOSITORY", ""), outdir=outdir).synth()
    except StageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
