"""Where operators are told, and the alarms by which a release is judged."""

from collections.abc import Iterable
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.alarms import Alarms
from infra.metrics import Metrics
from infra.stages import Stage

TOPIC: Final = "operators"


class Operators(Construct):
    """A topic, and one alarm for each machine: an execution of it has failed.

    These alarms stand beside what they judge, not in the stack that watches: a deployment that is
    rolled back by an alarm names it, and it exists before the first deployment.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, machines: Iterable[str]
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", topic_name=stage.named(TOPIC), enforce_ssl=True)
        self.topic.add_to_resource_policy(_alarms_publish(cdk.Stack.of(self), self.topic, stage))
        metrics = Metrics(cdk.Stack.of(self), stage)
        alarms = Alarms(self, stage, self.topic)
        self.failures: dict[str, cloudwatch.Alarm] = {
            machine: alarms.add(
                f"{machine}Failed",
                metrics.execution(machine, "ExecutionsFailed"),
                f"An execution of {machine} has FAILED in a state that a redrive resumes.",
                section="failed",
            )
            for machine in machines
        }


def _alarms_publish(stack: cdk.Stack, topic: sns.Topic, stage: Stage) -> iam.PolicyStatement:
    """Alarms of this stage may publish: a topic with a policy of its own has no other that says so.

    Source: "Amazon SNS notifications for CloudWatch alarms" of the AWS Knowledge Center.
    """
    alarms = stack.format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name=stage.named("*"),
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={"ArnLike": {"aws:SourceArn": alarms}},
    )
